import type { DebugSession } from '../../debug/session';
import { editsFor } from '../../edits/make';
import type { EditSpec } from '../../edits/spec';
import { FluoroscopeError } from '../../errors';
import { loadModel } from '../../load-model';
import type { RunInfo } from '../../trace/trace';
import type { DebugCommand, DebugReply, DebugResult } from '../debug/command';
import { located } from '../debug/located';
import { Debugger } from '../debug/perform';
import type { Task } from '../task';

export interface DebugRequest {
  readonly tokens: readonly (readonly number[])[];
  readonly edits: readonly EditSpec[];
}

export interface DebugReport extends RunInfo {
  /** Whether every check held and no watch found anything. */
  readonly ok: boolean;
  readonly tokens: readonly (readonly number[])[];
  readonly labels: readonly (readonly string[])[];
  /** Index of the step before which the session ended, of so many. */
  readonly at: number;
  readonly steps: number;
  /** What was asked for, and what it came to. */
  readonly replies: readonly (DebugReply & { readonly line: string })[];
}

/** A forward pass that does what it is told, line by line. */
export const debug: Task<DebugRequest, DebugReport> = async ({ device, files, request, ask }) => {
  const { tokens } = request;
  const model = await loadModel(files, { device });
  const session = await model.debug(tokens, { edits: await editsFor(model, tokens, request.edits) });
  const commands = new Debugger(model, session);
  const reply = (result: DebugResult): DebugReply => {
    const { at, program } = session;
    return { ...result, at, steps: program.steps.length, next: commands.stepNote(at) };
  };
  const { info, labels } = session.trace;
  const replies: (DebugReply & { readonly line: string })[] = [];
  const texts = labels.map((row) => [...row]);
  let said = reply({ kind: 'open', model: info.model, adapter: info.adapter, labels: texts });
  for (;;) {
    const command = (await ask(said)) as DebugCommand | null;
    if (!command) break;
    said = reply(await answer(commands, command));
    replies.push({ line: command.line, ...said });
  }
  const { at } = session;
  const steps = stepsOf(session);
  session.dispose();
  model.dispose();
  return { result: { ...info, ok: !commands.failed, tokens, labels, at, steps, replies } };
};

const stepsOf = ({ program }: DebugSession) => program.steps.length;

/** On a terminal what was refused is said, and the session goes on if it can; a script ends there. */
async function answer(commands: Debugger, { act, where }: DebugCommand): Promise<DebugResult> {
  try {
    return await commands.perform(act);
  } catch (error) {
    const ends = where !== null || !(error instanceof FluoroscopeError) || error.code === 'device-lost';
    if (ends) throw located(error, where);
    const { code, message } = error;
    return { kind: 'error', code, message };
  }
}
