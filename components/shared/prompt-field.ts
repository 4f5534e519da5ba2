/** A field for a prompt, as high as its text. */
import { css, html, type TemplateResult } from 'lit';

export interface PromptField {
  /** Its id and its part. */
  readonly name: string;
  readonly label: string;
  readonly text: string;
  readonly invalid: boolean;
  /** The id of what is said of the text. */
  readonly describedBy: string;
  readonly onText: (text: string) => void;
}

export function promptField({ name, label, text, invalid, describedBy, onText }: PromptField): TemplateResult {
  return html`
    <label for=${name}>${label}</label>
    <textarea
      id=${name}
      part=${name}
      dir="auto"
      rows="1"
      spellcheck="false"
      autocapitalize="off"
      autocomplete="off"
      aria-invalid=${invalid ? 'true' : 'false'}
      aria-describedby=${describedBy}
      .value=${text}
      @input=${({ target }: Event) => onText((target as HTMLTextAreaElement).value)}
    ></textarea>
  `;
}

export const promptFieldStyles = css`
  textarea {
    display: block;
    width: 100%;
    min-height: 2.75rem;
    max-height: 14rem;
    padding: 0.6rem 0.75rem;
    font: 0.9375rem / 1.5 var(--_mono);
    field-sizing: content;
    resize: vertical;
  }
  @media print {
    textarea {
      min-height: 0;
      max-height: none;
      padding: 0;
      resize: none;
    }
  }
  textarea[aria-invalid='true'] {
    border-color: var(--_danger);
  }
  label[for] {
    display: block;
    margin-bottom: 0.25rem;
    font-weight: 600;
  }
  .below {
    min-height: 1.5em;
    margin: 0.25rem 0 0.75rem;
  }
`;
