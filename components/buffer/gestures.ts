import type { ReactiveController, ReactiveControllerHost } from 'lit';
import type { Place } from './viewport';

export interface GestureEvents {
  /** The element that the gestures are made on; places are in its pixels. */
  surface(): HTMLElement | null;
  /** Whether the wheel zooms without a key: else the page scrolls. */
  focused(): boolean;
  onPan(dx: number, dy: number): void;
  onZoom(factor: number, at: Place): void;
  onClick(at: Place): void;
  /** null: the pointer has left. */
  onHover(at: Place | null): void;
}

/** Pixels that a finger may tremble. */
const STILL = 4;
const WHEEL_LINE = 16;
const WHEEL_SPEED = 0.002;
/** A trackpad's pinch arrives as a wheel that turns little. */
const PINCH_SPEED = 0.01;

/** Mouse, pen, fingers and wheel: drags move, two fingers and the wheel zoom, a click that stays in place chooses. */
export class Gestures implements ReactiveController {
  readonly #down = new Map<number, Place>();
  #begun: Place | null = null;
  #moved = false;
  #dragging: AbortController | null = null;

  constructor(
    host: ReactiveControllerHost,
    private readonly events: GestureEvents,
  ) {
    host.addController(this);
  }

  hostDisconnected(): void {
    this.onCancel();
  }

  readonly onDown = (event: PointerEvent): void => {
    if (event.pointerType === 'mouse' && event.button !== 0) return;
    const place = this.#placeOf(event);
    this.#down.set(event.pointerId, place);
    if (this.#down.size > 1) this.#moved = true;
    this.#begun ??= place;
    if (this.#dragging) return;
    const { signal } = (this.#dragging = new AbortController());
    addEventListener('pointermove', this.#onDrag, { signal });
    addEventListener('pointerup', this.onUp, { signal });
    addEventListener('pointercancel', this.onCancel, { signal });
  };

  readonly onMove = (event: PointerEvent): void => {
    if (this.#down.size === 0) this.events.onHover(this.#placeOf(event));
  };

  readonly onLeave = (): void => {
    if (this.#down.size === 0) this.events.onHover(null);
  };

  readonly onWheel = (event: WheelEvent): void => {
    const pinched = event.ctrlKey || event.metaKey;
    if (!pinched && !this.events.focused()) return;
    event.preventDefault();
    const unit = event.deltaMode === WheelEvent.DOM_DELTA_PIXEL ? 1 : WHEEL_LINE;
    if (event.shiftKey || (!pinched && Math.abs(event.deltaX) > Math.abs(event.deltaY))) {
      this.events.onPan(-unit * (event.deltaX || event.deltaY), 0);
      return;
    }
    const turned = unit * Math.max(-200, Math.min(200, event.deltaY));
    const speed = pinched && Math.abs(turned) < 20 ? PINCH_SPEED : WHEEL_SPEED;
    this.events.onZoom(Math.exp(-turned * speed), this.#placeOf(event));
  };

  readonly #onDrag = (event: PointerEvent): void => {
    const before = this.#down.get(event.pointerId);
    if (!before) return;
    const place = this.#placeOf(event);
    if (!this.#moved && this.#begun && distance(place, this.#begun) < STILL) return;
    this.#moved = true;
    const other = [...this.#down].find(([id]) => id !== event.pointerId)?.[1];
    this.#down.set(event.pointerId, place);
    if (!other) {
      this.events.onPan(place.x - before.x, place.y - before.y);
      return;
    }
    this.events.onPan((place.x - before.x) / 2, (place.y - before.y) / 2);
    const middle = { x: (place.x + other.x) / 2, y: (place.y + other.y) / 2 };
    this.events.onZoom(distance(place, other) / Math.max(1, distance(before, other)), middle);
  };

  readonly onUp = (event: PointerEvent): void => {
    if (!this.#down.has(event.pointerId)) return;
    this.#onDrag(event); // It may have moved before anyone followed it.
    const place = this.#down.get(event.pointerId)!;
    const clicked = !this.#moved && this.#down.size === 1;
    this.#down.delete(event.pointerId);
    if (this.#down.size > 0) return;
    this.onCancel();
    if (clicked) this.events.onClick(place);
  };

  readonly onCancel = (): void => {
    this.#dragging?.abort();
    this.#dragging = this.#begun = null;
    this.#moved = false;
    this.#down.clear();
  };

  #placeOf(event: MouseEvent): Place {
    const { left, top } = this.events.surface()!.getBoundingClientRect();
    return { x: event.clientX - left, y: event.clientY - top };
  }
}

function distance(one: Place, other: Place): number {
  return Math.hypot(one.x - other.x, one.y - other.y);
}
