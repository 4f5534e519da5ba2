import 'fluoroscope/components/heads';
import type { Trace } from 'fluoroscope';
import type {} from 'fluoroscope/jsx'; // the types of the tags
import { useState } from 'react';

export function Attention({ trace }: { trace: Trace }) {
  const [head, setHead] = useState(0);
  return (
    <>
      <fluoro-heads trace={trace} layer={1} onfluoro-select={({ detail }) => setHead(detail.head ?? head)} />
      <p>Head {head}</p>
    </>
  );
}
