import type { Invocation } from '../kernels/kernel';
import type { Index } from '../tensor/layout';

/** Where a number lies, and what it is. */
export interface Spot {
  /** The tensor itself, without alias; of a weight that is split by rows the whole. */
  readonly tensor: string;
  readonly index: Index;
  readonly buffer: {
    readonly label: string;
    /** Of the element, from the buffer's beginning. */
    readonly byteOffset: number;
  };
  readonly value: number;
  /** The four bytes of the element, of an f16 those of the f32 that it widens to, as an unsigned number. */
  readonly bits: number;
}

/** An element that a step read to compute the number; it can be explained in turn. */
export interface ExplainedOperand {
  readonly port: string;
  readonly tensor: string;
  readonly index: Index;
  readonly value: number;
  /** `input`: a token id or an edit's operand. */
  readonly role: 'activation' | 'weight' | 'input';
}

/** One of the values that the number is the sum of. */
export interface ExplainedAddend {
  readonly value: number;
  /** The sum of the addends so far, this one included. */
  readonly running: number;
  /** What the addend is the product of. */
  readonly operands: readonly ExplainedOperand[];
  /** A further factor, which is no element of a tensor: a scale. */
  readonly times?: number;
}

/** A number that a step of the pass has written. */
export interface StepExplanation extends Spot {
  readonly kind: 'step';
  /** Index in the program's steps; for a derived value in its derived ones. */
  readonly step: number;
  /** The pass itself never held it: the step runs when someone reads it. */
  readonly derived: boolean;
  /** An earlier pass has computed it, and this one has taken it over with its position: `reused` of the trace. */
  readonly reused: boolean;
  readonly about: string;
  readonly kernel: string;
  readonly variant: string;
  /** The fusion whose shader computed the step together with its neighbours. */
  readonly fusion?: string;
  readonly entryPoint: string;
  /** The kernel's output. */
  readonly port: string;
  /** In this pass; null where it is `reused`, or where only the shader's text says which one: a user's own kernel. */
  readonly writer: Invocation | null;
  readonly formula: {
    readonly symbolic: string;
    /** The same with the operands, step by step. */
    readonly numbers: readonly string[];
    /** Why the number is as it is, where its place decides. */
    readonly note?: string;
  };
  /** The formula in float64 on the operands as the GPU has read them. */
  readonly computed: number;
  /** |value − computed| */
  readonly error: number;
  /** How far a correct f32 kernel may lie from `computed`, by WGSL's accuracy rules. */
  readonly bound: number;
  /** error ≤ bound; false where either is NaN. */
  readonly ok: boolean;
  readonly operands: readonly ExplainedOperand[];
  /** For a sum: the addends, the largest magnitude first. null for what is no sum. */
  readonly addends: readonly ExplainedAddend[] | null;
  /** Σ|addend|. */
  readonly magnitude: number | null;
  /** Σ|addend| / |sum|: how much larger the parts are than the whole; 1 where nothing cancels. */
  readonly cancellation: number | null;
}

/** A weight: where the explanation ends. */
export interface WeightExplanation extends Spot {
  readonly kind: 'weight';
  readonly operands: readonly [];
  /** What lies in the buffer: the weight, the part of it that this element is in, the weight whose memory it shares, or several together. */
  readonly stored: {
    readonly tensor: string;
    /** The order of the axes in memory. */
    readonly axes: readonly string[];
    /** In elements, from the beginning of the buffer. */
    readonly offset: number;
    /** Rows of the vocabulary that the buffer holds, where the weight is split. */
    readonly rows: readonly [from: number, to: number] | null;
    /** Held in two bytes: the number is the file's, rounded. */
    readonly precision?: 'f16';
    /** Whether another weight lies in the same memory: a tied unembedding. */
    readonly shared: boolean;
  };
}

/** A token id, an edit's operand or another input of the run: where the explanation ends. */
export interface InputExplanation extends Spot {
  readonly kind: 'token' | 'input';
  readonly operands: readonly [];
  /** The token as text, for display; null for other inputs. */
  readonly text: string | null;
}

export type Explanation = StepExplanation | WeightExplanation | InputExplanation;
