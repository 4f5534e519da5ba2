/** The module that Chrome's page loads. */
import { offer } from '../src/cli/page-host';
import { bench } from './measure';
import { roofline } from './roofline/roofline';
import { texts } from './texts';

offer({ bench, roofline, texts });
