/** Resolves once what is drawn in this frame is on screen. */
export function nextPaint(): Promise<unknown> {
  const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
  return Promise.race([frame().then(frame).then(frame), sleep(1000)]); // A page in the background has no frames.
}

export const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
