/** The panels of a debugger are fetched when one on the page has a model to debug: over a recording it shows the steps. */
let resolve: () => void;

export const panelsWanted = new Promise<void>((wanted) => {
  resolve = wanted;
});

export function wantPanels(): void {
  resolve();
}
