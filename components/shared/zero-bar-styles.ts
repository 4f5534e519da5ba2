/** A bar that goes from zero to either side, on a track of its own: `--zero` is where that lies, `--size` the bar's length. */
import { css } from 'lit';

export const zeroBarStyles = css`
  .track {
    position: relative;
    height: 1.1rem;
  }
  .track .zero {
    position: absolute;
    inset: -0.1rem auto -0.1rem calc(var(--zero) - 0.5px);
    width: 1px;
    background: var(--_muted);
    opacity: 0.6;
  }
  .track i {
    position: absolute;
    top: 0.2rem;
    bottom: 0.2rem;
    min-width: 1px;
    border-radius: 1px;
  }
  .more {
    background: light-dark(#2f79b5, #68beff);
  }
  .less {
    background: light-dark(#c0423d, #ff8a6c);
  }
  @media (forced-colors: active) {
    .track {
      forced-color-adjust: none;
    }
    .track .zero {
      background: CanvasText;
      opacity: 1;
    }
    .more {
      background: CanvasText;
    }
    .less {
      border: 1px solid CanvasText;
      background: repeating-linear-gradient(45deg, CanvasText 0 2px, Canvas 2px 5px);
    }
  }
`;
