/** What the tags take in JSX, and what they refuse. */

import type { FluoroHeads, FluoroModel } from 'fluoroscope/components';
import type {} from 'fluoroscope/jsx';
import { useRef } from 'react';

export function Good() {
  const model = useRef<FluoroModel>(null);
  return (
    <fluoro-model
      ref={model}
      src="induction"
      trace="/traces/induction.safetensors"
      loading="click"
      reference-limit="1000"
      class="wide"
      key="model"
      aria-label="An induction head"
      onfluoro-state={({ detail }) =>
        console.log(detail satisfies 'idle' | 'recorded' | 'loading' | 'ready' | 'running' | 'error')
      }
      onfluoro-error={({ detail }) => console.log(detail.message)}
    >
      <fluoro-heads layer="1" head={2} />
      <fluoro-attribution neurons={0} top="5" sort="size" />
      <fluoro-heads ref={(heads: FluoroHeads | null) => heads?.focus()} />
    </fluoro-model>
  );
}

export function Wrong() {
  const model = useRef<FluoroModel>(null);
  return (
    <>
      {/* @ts-expect-error there is no such element */}
      <fluoro-head />
      {/* @ts-expect-error nor such an attribute */}
      <fluoro-heads layers={1} />
      {/* @ts-expect-error a number is none of these words */}
      <fluoro-heads layer="first" />
      {/* @ts-expect-error one of three */}
      <fluoro-model loading="never" />
      {/* @ts-expect-error a trace is no number */}
      <fluoro-heads trace={3} />
      {/* @ts-expect-error the detail is no number */}
      <fluoro-heads onfluoro-select={({ detail }) => detail * 2} />
      {/* @ts-expect-error another element's ref */}
      <fluoro-heads ref={model} />
    </>
  );
}
