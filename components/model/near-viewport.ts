/** How far from the screen a model may be when its weights are fetched: half a screen. */
const MARGIN = '50% 0px';

/** Calls back once the element comes near the screen, until the signal; one that is not rendered never does. */
export function whenNear(element: Element, callback: () => void, signal: AbortSignal): void {
  const observer = new IntersectionObserver(
    (entries) => {
      if (!entries.some(({ isIntersecting }) => isIntersecting)) return;
      observer.disconnect();
      callback();
    },
    { rootMargin: MARGIN },
  );
  observer.observe(boxOf(element));
  signal.addEventListener('abort', () => observer.disconnect());
}

/** An element that leaves its layout to its parent has no box of its own. */
function boxOf(element: Element): Element {
  const parent = element.parentElement;
  return parent && getComputedStyle(element).display === 'contents' ? boxOf(parent) : element;
}
