/** What takes the model: timing, checking and stepping. It is fetched where there is one. */
import { css } from 'lit';
import { lanesStyles } from './lanes-view';
import { stepperStyles } from './stepper-view';

export { accuracyView, timingView } from './measures-view';
export { stepperView } from './stepper-view';

export const styles = css`${lanesStyles}${stepperStyles}`;
