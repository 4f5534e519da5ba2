/** What figures draw with: the part of a canvas's 2D context that can be written as SVG too. */
export type Pen = Pick<
  CanvasRenderingContext2D,
  | 'save'
  | 'restore'
  | 'translate'
  | 'rotate'
  | 'scale'
  | 'setLineDash'
  | 'fillRect'
  | 'strokeRect'
  | 'clearRect'
  | 'beginPath'
  | 'moveTo'
  | 'lineTo'
  | 'rect'
  | 'arc'
  | 'bezierCurveTo'
  | 'quadraticCurveTo'
  | 'closePath'
  | 'fillText'
  | 'measureText'
  | 'fillStyle'
  | 'strokeStyle'
  | 'lineWidth'
  | 'globalAlpha'
  | 'font'
  | 'textAlign'
  | 'textBaseline'
  | 'imageSmoothingEnabled'
> & {
  fill(): void;
  stroke(): void;
  /** All of a bitmap, stretched. */
  drawImage(bitmap: OffscreenCanvas, x: number, y: number, width: number, height: number): void;
};
