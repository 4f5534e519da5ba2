/** A worker's script: holds one model's weights and walks its passes, so that the page stays free. */
import { LocalWalker } from './local-walker';
import { type Answer, type Call, plainError, type Request, type Result } from './messages';

/** As much of a worker's own scope as this takes. */
interface Scope {
  postMessage(answer: Answer, transfer?: Transferable[]): void;
  addEventListener(type: 'message', listener: (event: MessageEvent<Request>) => void): void;
}

const scope = globalThis as unknown as Scope;
const calls = new Map<number, AbortController>();
let walker: LocalWalker | undefined;

async function answered(request: Call, signal: AbortSignal): Promise<Result> {
  if (request.call === 'load') {
    walker = new LocalWalker(...request.args);
    return null;
  }
  if (!walker) throw new Error(`${request.call} before load`);
  if (request.call === 'walk') return walker.walk(...request.args, signal);
  if (request.call === 'read') return walker.read(...request.args);
  return walker.weight(...request.args);
}

scope.addEventListener('message', async ({ data: request }) => {
  if ('cancel' in request) calls.get(request.cancel)?.abort();
  else if ('release' in request) walker?.release(request.release);
  else {
    const { id } = request;
    const controller = new AbortController();
    calls.set(id, controller);
    try {
      const result = await answered(request, controller.signal);
      scope.postMessage({ id, result }, result && 'data' in result ? [result.data.buffer as ArrayBuffer] : []);
    } catch (error) {
      scope.postMessage({ id, error: plainError(error) });
    } finally {
      calls.delete(id);
    }
  }
});
scope.postMessage({ ready: true });
