/** Ctrl-C and its like amid long work: what was done is kept, Chrome ends, and nothing half-written stays. */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, describe, expect, test } from 'vitest';
import { type Ended, ended, start, temporaryFolder } from './fluoroscope';
import { swiftShaderForDawn } from './vulkan';

const folder = temporaryFolder();
afterAll(() => folder.remove());
const out = join(folder.path, 'scan.json');
const text = join(folder.path, 'text');
writeFileSync(text, readFileSync('README.md', 'utf8').repeat(20));

const ids = (seed: number) => Array.from({ length: 32 }, (_, pos) => (seed * (pos + 1)) % 1000).join();
const prompts = ['--tokens', ids(37), '--corrupted-tokens', ids(41)];
const patch = ['patch', 'shakespeare', ...prompts, '--at', 'neuron', '--metric', 'kl'];
const scan = ['scan', 'shakespeare', '--text', text, '--layer', '1', '--window', '16', '--out', out];

interface Interruption {
  readonly signal?: NodeJS.Signals;
  /** Signals the whole process group, as a terminal does. */
  readonly group?: boolean;
  readonly env?: NodeJS.ProcessEnv;
  /** What stderr must say first; a line of progress unless given. */
  readonly after?: RegExp;
  readonly again?: boolean;
}

async function interrupt(args: readonly string[], how: Interruption = {}): Promise<Ended> {
  const { signal = 'SIGINT', group = false, env = {}, after = / [1-9]\d* of \d+/, again = false } = how;
  const profiles = temporaryFolder();
  const child = start(args, { TMPDIR: profiles.path, FLUOROSCOPE_PROGRESS_MS: '500', ...env }, undefined, group);
  const done = ended(child);
  let said = '';
  const says = (pattern: RegExp) =>
    new Promise<void>((resolve) => {
      const look = () => void (pattern.test(said) && resolve());
      look();
      child.stderr!.on('data', (chunk) => {
        said += chunk;
        look();
      });
      child.once('close', () => resolve());
    });
  await says(after);
  process.kill(group ? -child.pid! : child.pid!, signal);
  if (again) {
    await says(/Stopping/);
    await pause(600); // a second one at once is taken for npm's echo of the first
    child.kill(signal);
  }
  const result = await done;
  const running = () => spawnSync('ps', ['-A', '-o', 'args'], { encoding: 'utf8' }).stdout.includes(profiles.path);
  await expect.poll(running).toBe(false);
  profiles.remove();
  return result;
}

describe.skipIf(process.platform === 'win32')('what was done is kept', () => {
  test('patch', async () => {
    const { status, stdout, stderr } = await interrupt([...patch, '--layers', '3']);
    const [, done, total] = /^cancelled: (\d+) of (\d+) patches were run\nshakespeare on /.exec(stdout) ?? [];
    expect(status).toBe(130);
    expect(Number(done)).toBeGreaterThan(0);
    expect(total).toBe(String(512 * 32));
    expect(stderr).toMatch(/\nStopping after what is running now; Ctrl-C again ends at once\.\n$/);
    expect(stdout).toContain(`\nthe 24 largest of ${done}:\n`);
  });

  test('discover, as JSON, where the signal goes to all processes of the terminal', async () => {
    const args = ['discover', 'shakespeare', ...prompts, '--metric', 'kl', '--threshold', '1e-4', '--json'];
    const { status, stdout } = await interrupt(args, { group: true });
    const report = JSON.parse(stdout);
    expect(status).toBe(130);
    expect(report).toMatchObject({ command: 'discover', complete: false, total: 479 });
    expect(report.untried).toHaveLength(report.total - report.done);
    const untested = [...report.edges, ...report.removed].filter(({ effect }) => effect === null);
    expect(untested).toHaveLength(report.untried.length);
  });

  test('scan: its file goes on', async () => {
    const { status, stdout } = await interrupt(scan, { signal: 'SIGTERM' });
    expect(status).toBe(143);
    const [, done] = /^cancelled: ([\d,]+) of [\d,]+ tokens were scanned\n/.exec(stdout) ?? [];
    const stored = JSON.parse(readFileSync(out, 'utf8'));
    expect(stored.done).toBe(Number(done!.replaceAll(',', '')));
    const more = await ended(start([...scan, '--resume', out, '--windows', '1', '--json']));
    expect(more.status).toBe(0);
    expect(JSON.parse(more.stdout)).toMatchObject({ complete: false, done: expect.any(Number) });
    expect(JSON.parse(more.stdout).done).toBeGreaterThan(stored.done);
    expect(readdirSync(folder.path).toSorted()).toEqual(['scan.json', 'text']);
  });

  test('scan on Dawn', async () => {
    const { status, stdout } = await interrupt([...scan, '--backend', 'dawn'], { env: await swiftShaderForDawn() });
    expect({ status, first: stdout.split('\n')[0] }).toEqual({
      status: 130,
      first: expect.stringMatching(/^cancelled: [\d,]+ of [\d,]+ tokens were scanned$/),
    });
  });
});

describe.skipIf(process.platform === 'win32')('nothing is kept', () => {
  test('a second Ctrl-C ends at once', async () => {
    // A batch has ended: the next one, of seconds, has begun.
    const { status, stdout } = await interrupt(patch, { again: true, after: /patched [1-9]\d* of/ });
    expect({ status, stdout }).toEqual({ status: 130, stdout: '' });
  });

  test.each(['chrome', 'dawn'])('of a command without parts, on %s', async (backend) => {
    const long = Array.from({ length: 16 }, () => ids(120)).join(';');
    const args = ['check', 'shakespeare', '--tokens', long, '--backend', backend, '--json'];
    const env = backend === 'dawn' ? await swiftShaderForDawn() : {};
    const { status, stdout, stderr } = await interrupt(args, { env });
    expect(JSON.parse(stdout)).toEqual({
      error: { code: 'cancelled', message: expect.stringMatching(/^Ended by SIGINT: /) },
    });
    expect(stderr).toMatch(/\nfluoroscope: \[cancelled\] Ended by SIGINT: there is no result, [^\n]*\n$/);
    expect(status).toBe(130);
  });
});
