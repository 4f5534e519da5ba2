/** What comes below the program: its parts, its waves, the tests and the hypotheses. */
import { css } from 'lit';
import { partsStyles } from './parts-view';
import { runBarStyles } from './run-bar';
import { testsStyles } from './tests-view';
import { waveStyles } from './wave-view';
import { wavesStyles } from './waves-view';

export { readWave } from './neuron-wave';
export { partsView } from './parts-view';
export { runBar } from './run-bar';
export { hypothesisList, testTable } from './tests-view';
export { waveTable } from './wave-table';
export { waveView } from './wave-view';
export { wavesView } from './waves-view';

export const styles = css`${partsStyles}${wavesStyles}${waveStyles}${testsStyles}${runBarStyles}`;
