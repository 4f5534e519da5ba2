/** Runs tasks in a page of headless Chrome, which gets its modules and the model from a server on this machine. */
import type { Page } from 'puppeteer-core';
import { FluoroscopeError } from '../errors';
import type { DeviceNeeds } from '../gpu/device';
import { abortable } from './abortable';
import { openPage } from './chrome';
import { type Answer, EVERYTHING, type Host, type HostOptions, type Job } from './host';
import { type Site, serve } from './loopback';
import type { PageAnswer, PageJob } from './page-host';
import { noAnswer } from './task';

export function chromeHost({ adapter, needs = EVERYTHING, page: { folder, module } }: HostOptions): Host {
  return async (job) => {
    const { signal } = job;
    const { page, close } = await openPage({ software: adapter === 'software', ...(signal && { signal }) });
    try {
      signal?.throwIfAborted();
      const site = await serve({ folder, module, files: job.files });
      try {
        return await runInPage(page, site, needs, job);
      } finally {
        await site.close();
      }
    } finally {
      await close();
    }
  };
}

async function runInPage<Request, Result>(
  page: Page,
  site: Site,
  needs: DeviceNeeds,
  { name, request, files, report, signal, partial, ask = noAnswer }: Job<Request, Result>,
): Promise<Answer<Result>> {
  const browser = page.browser();
  const failures: string[] = [];
  page.on('pageerror', (error) => failures.push(error instanceof Error ? error.message : String(error)));
  const gone = new Promise<never>((_, reject) => {
    const why = (what: string) => `${what} before the work was done, mostly for lack of memory; try a shorter prompt.`;
    page.once('error', (cause) => reject(new FluoroscopeError('out-of-memory', why('The page crashed'), { cause })));
    browser.once('disconnected', () => reject(new FluoroscopeError('no-chrome', why('Chrome ended'))));
  });
  gone.catch(() => undefined); // Closing the browser after the work rejects it too.
  await page.exposeFunction('fluoroscopeReport', report);
  await page.exposeFunction('fluoroscopeAsk', ask);
  const work = async () => {
    await page.goto(site.url, { timeout: 0 });
    signal?.throwIfAborted();
    const job: PageJob = { name, request, model: files.name, needs };
    return page.evaluate((job) => globalThis.fluoroscopePage?.run(job), job);
  };
  const working = work();
  working.catch(() => undefined); // Where Chrome is gone, that is what to tell.
  const cancel = () => {
    const { message } = signal!.reason as Error;
    page.evaluate((message) => globalThis.fluoroscopePage?.cancel(message), message).catch(() => undefined);
  };
  if (partial) signal?.addEventListener('abort', cancel, { once: true });
  const ended: Promise<PageAnswer | undefined> = Promise.race([working, gone]);
  const answer = await (partial ? ended : abortable(ended, signal));
  if (!answer) throw new Error(`The page did not start: ${failures.join(' ') || 'its module offers no tasks'}.`);
  if ('code' in answer) throw new FluoroscopeError(answer.code, answer.message);
  if ('stack' in answer) throw Object.assign(new Error(answer.message), { stack: answer.stack });
  const runtime = (await browser.version()).replace('/', ' ');
  return { result: answer.result as Result, runtime, ...(site.file && { file: site.file }) };
}
