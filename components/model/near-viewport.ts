/** How far from the screen a model may be when its weights are fetched: half a screen. */
const MARGIN = '50% 0px';

/**
 * Calls back once the element comes near the screen; one that is not rendered never does.
 *
 * @returns stops watching
 */
export function whenNear(element: Element, callback: () => void): () => void {
  const observer = new IntersectionObserver(
    (entries) => {
      if (!entries.some(({ isIntersecting }) => isIntersecting)) return;
      observer.disconnect();
      callback();
    },
    { rootMargin: MARGIN },
  );
  observer.observe(boxOf(element));
  return () => observer.disconnect();
}

/** An element that leaves its layout to its parent has no box of its own. */
function boxOf(element: Element): Element {
  const parent = element.parentElement;
  return parent && getComputedStyle(element).display === 'contents' ? boxOf(parent) : element;
}
