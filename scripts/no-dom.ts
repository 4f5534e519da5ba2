/** What Lit takes in place of a DOM where there is none, as far as importing the elements goes. They are not rendered there. */
export const customElements = undefined;
export class HTMLElement {}
