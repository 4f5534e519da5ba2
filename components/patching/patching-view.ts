/** The form and the result. They are fetched with the model that they take. */
import { css } from 'lit';
import { promptFieldStyles } from '../shared/prompt-field';
import { formStyles } from './form';
import { resultStyles } from './result';
import { twoPromptsStyles } from './two-prompts';

export { formView, metricOf, siteOf, sitesOf } from './form';
export { patchTable } from './patch-table';
export { resultView, rowsOf } from './result';
export { tokenize } from './two-prompts';

export const styles = css`${promptFieldStyles}${formStyles}${twoPromptsStyles}${resultStyles}`;
