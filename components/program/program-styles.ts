import { css } from 'lit';

export const programStyles = css`
  .box {
    container-type: inline-size;
    position: relative;
    max-height: var(--fluoro-program-height, 28rem);
  }
  th,
  td {
    padding-block: 0.4rem;
  }
  th {
    position: sticky;
    top: 0;
    z-index: 1;
  }
  tbody tr {
    cursor: default;
  }
  tbody tr:focus-visible {
    outline-offset: -2px;
  }
  tr[aria-selected='true'] > td {
    background: color-mix(in srgb, var(--_accent) 10%, transparent);
  }
  @media (forced-colors: active) {
    tr[aria-selected='true'] {
      forced-color-adjust: none;
    }
    tr[aria-selected='true'] > td {
      background: Highlight;
    }
    tr[aria-selected='true'] > td,
    tr[aria-selected='true'] > td * {
      color: HighlightText;
    }
  }
  .ports {
    min-width: 21rem;
    white-space: normal;
  }
  .ports > div {
    padding-left: 1.5em;
    text-indent: -1.5em;
  }
  .ports span {
    display: inline-block;
    text-indent: 0;
  }
  .number {
    text-align: right;
    font-variant-numeric: tabular-nums;
  }
  td button {
    padding: 0;
    border: 0;
    border-bottom: 1px solid currentColor;
    border-radius: 0;
    background: none;
    color: var(--_accent);
  }
  td button.chosen {
    font-weight: 700;
  }
  .margin {
    padding: 0.25rem 0 0.25rem 0.35rem;
    width: 2.75rem;
  }
  .margin button {
    width: 1.5rem;
    height: 1.5rem;
    border: 0;
    color: var(--_danger);
    font: 0.875rem / 1 var(--_font);
    vertical-align: middle;
  }
  .margin b {
    opacity: 0;
  }
  .margin button:hover b {
    opacity: 0.4;
  }
  .margin button[aria-pressed='true'] b {
    opacity: 1;
  }
  .margin i {
    display: inline-block;
    width: 0.9rem;
    color: var(--_accent);
    font-style: normal;
  }
  .later > td,
  .later > td button:not([part='breakpoint']) {
    color: var(--_muted);
    font-style: italic;
  }
  tbody tr.next > td {
    border-top: 2px solid var(--_accent);
  }
  @media (forced-colors: active) {
    .later:not([aria-selected='true']) > td,
    .later:not([aria-selected='true']) > td * {
      color: GrayText;
    }
    .margin button[aria-pressed='true'] b {
      color: CanvasText;
    }
    tr[aria-selected='true'] > .margin b {
      color: HighlightText;
    }
  }
  @container (max-width: 44rem) {
    .stopped .reads {
      display: none;
    }
  }
  @container (max-width: 30rem) {
    .stopped .bytes {
      display: none;
    }
    .stopped :is(th, td) {
      padding-inline: 0.35rem;
    }
  }
  @media print {
    .box {
      max-height: none;
      overflow: visible;
    }
    .box :is(th, td, .muted) {
      font-size: 0.625rem;
    }
    th {
      position: static;
    }
    :is(th, td, .ports) {
      min-width: 0;
      padding-inline: 0.35rem;
      overflow-wrap: anywhere;
      white-space: normal;
    }
    .number {
      white-space: nowrap;
    }
  }
  .foot {
    display: flex;
    flex-wrap: wrap;
    gap: 0.25rem 1.5rem;
    justify-content: space-between;
    margin-top: 0.5rem;
  }
  .foot > :first-child {
    flex: 1 1 18rem;
  }
`;
