import 'fluoroscope/components/heads';
