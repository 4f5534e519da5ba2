/** The Chrome that runs our shaders where there is no page: found, installed with a word about it, or refused clearly. */
import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import type { Browser, Page } from 'puppeteer-core';
import { FluoroscopeError } from '../errors.ts';
import { abortable } from './abortable.ts';

export interface LaunchOptions {
  /** true: SwiftShader on the CPU, the same on every machine. false: this machine's own GPU. */
  software?: boolean;
  headless?: boolean;
  /** Ends the wait for an installation. Where it is given, the caller answers Ctrl-C and its like, and closes Chrome. */
  signal?: AbortSignal;
}

/** A started Chrome with WebGPU. The caller closes it. */
export async function launchChrome(options: LaunchOptions = {}): Promise<Browser> {
  const { software = true, headless = true, signal } = options;
  const executablePath = await abortable(ensureChrome(), signal);
  const { default: puppeteer } = await importOptional(() => import('puppeteer-core'), 'puppeteer-core');
  try {
    return await puppeteer.launch({
      executablePath,
      headless,
      args: chromeFlags(software),
      // A busy machine takes longer to start it than Puppeteer waits by itself.
      timeout: 120_000,
      // Compiling and running a large model in software may hold one protocol call for many minutes.
      protocolTimeout: 0,
      // Chrome has a process group of its own, which the terminal's Ctrl-C does not reach.
      handleSIGINT: !signal,
      handleSIGTERM: !signal,
      handleSIGHUP: !signal,
    });
  } catch (cause) {
    throw new FluoroscopeError(
      'no-chrome',
      `${executablePath} did not start (${launchProblem(cause)}); set PUPPETEER_EXECUTABLE_PATH to a Chrome that does.`,
      { cause },
    );
  }
}

export interface OpenPage {
  readonly page: Page;
  /** Ends Chrome too, unless it ran before. */
  close(): Promise<void>;
}

/**
 * An empty page in a Chrome with WebGPU: one that is started for it or, to save the start to whoever runs many commands,
 * the one whose debugging address FLUOROSCOPE_CHROME holds. How that one was started decides which adapter it has.
 *
 * @throws `no-chrome`
 */
export async function openPage(options: LaunchOptions = {}): Promise<OpenPage> {
  const address = process.env.FLUOROSCOPE_CHROME;
  if (!address) {
    const browser = await launchChrome(options);
    const [page] = (await browser.pages()) as [Page]; // The one that it starts with; another would take as long again.
    return { page, close: () => browser.close() };
  }
  const { default: puppeteer } = await importOptional(() => import('puppeteer-core'), 'puppeteer-core');
  try {
    const browser = await puppeteer.connect({ browserURL: address, protocolTimeout: 0 });
    const page = await browser.newPage();
    return { page, close: () => page.close().finally(() => browser.disconnect()) };
  } catch (cause) {
    throw new FluoroscopeError(
      'no-chrome',
      `FLUOROSCOPE_CHROME names ${address}, where no Chrome answers (${messageOf(cause)}); correct it or unset it.`,
      { cause },
    );
  }
}

function chromeFlags(software: boolean): string[] {
  const flags = [
    ...['--enable-unsafe-webgpu', '--disable-quic', '--disable-gpu-watchdog'],
    // The address bar's list is two web pages, which take longer to load than all the rest of a headless Chrome.
    '--disable-features=WebUIOmniboxPopup,WebUIOmniboxAimPopup',
  ];
  if (software) flags.push('--use-webgpu-adapter=swiftshader');
  else if (process.platform === 'linux') flags.push('--enable-features=Vulkan', '--ignore-gpu-blocklist');
  // Containers: Chrome's sandbox needs a user other than root, and /dev/shm is often too small for buffers.
  if (isRoot() || process.env.CI) flags.push('--no-sandbox', '--disable-dev-shm-usage');
  return flags;
}

/** The path of a Chrome or Chromium on this machine, or undefined. */
export async function findChrome(): Promise<string | undefined> {
  const wanted = process.env.PUPPETEER_EXECUTABLE_PATH;
  if (wanted) {
    if (isExecutable(wanted)) return wanted;
    throw new FluoroscopeError(
      'no-chrome',
      `PUPPETEER_EXECUTABLE_PATH names ${wanted}, which is not an executable file; correct it or unset it.`,
    );
  }
  return usualPlaces().find(isExecutable) ?? (await downloadedChrome());
}

/** As findChrome, but installs one where there is none: says so first, and asks where someone can answer. */
export async function ensureChrome(say: (line: string) => void = console.error): Promise<string> {
  const found = await findChrome();
  if (found) return found;

  say(`No Chrome or Chromium found. Installing Chrome for Testing (about 170 MB) into ${downloadFolder()}.`);
  if (!(await agreed())) throw noChrome('the installation was declined');
  const problems: string[] = [];
  try {
    return await downloadChrome();
  } catch (error) {
    problems.push(`the download failed (${messageOf(error)})`);
  }
  if (isRoot() && onPath('apt-get')) {
    const command = 'apt-get update && apt-get install -y --no-install-recommends chromium';
    say(`The download failed; running: ${command}`);
    const { status } = spawnSync('sh', ['-c', command], {
      stdio: ['ignore', 2, 2],
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    });
    const installed = await findChrome();
    if (installed) return installed;
    problems.push(`apt-get ended with status ${status}`);
  }
  throw noChrome(problems.join(' and '));
}

/** Puppeteer's summary and the first line that Chrome itself wrote, such as the shared library that it lacks. */
function launchProblem(cause: unknown): string {
  const lines = messageOf(cause)
    .split('\n')
    .map((line) => line.replace(/\s+/g, ' ').trim());
  return lines
    .filter((line) => line !== '' && line !== 'stderr:' && !line.startsWith('TROUBLESHOOTING'))
    .slice(0, 2)
    .join(', ');
}

function noChrome(reason: string): FluoroscopeError {
  return new FluoroscopeError(
    'no-chrome',
    `No Chrome or Chromium found, and ${reason}; install one and set PUPPETEER_EXECUTABLE_PATH to it.`,
  );
}

function usualPlaces(): string[] {
  if (process.platform === 'darwin') {
    const apps = ['Google Chrome', 'Chromium', 'Google Chrome Canary'];
    const roots = ['/Applications', join(homedir(), 'Applications')];
    return apps.flatMap((app) => roots.map((root) => join(root, `${app}.app`, 'Contents', 'MacOS', app)));
  }
  if (process.platform === 'win32') {
    const { PROGRAMFILES, LOCALAPPDATA } = process.env;
    const roots = [PROGRAMFILES, process.env['PROGRAMFILES(X86)'], LOCALAPPDATA].filter((root) => root !== undefined);
    const apps = [['Google', 'Chrome'], ['Chromium']];
    return apps.flatMap((app) => roots.map((root) => join(root, ...app, 'Application', 'chrome.exe')));
  }
  const names = ['google-chrome-stable', 'google-chrome', 'chrome', 'chromium', 'chromium-browser'];
  return [...names.flatMap((name) => onPath(name) ?? []), '/opt/google/chrome/chrome', '/snap/bin/chromium'];
}

function onPath(name: string): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function downloadFolder(): string {
  return process.env.PUPPETEER_CACHE_DIR ?? join(homedir(), '.cache', 'puppeteer');
}

async function downloadedChrome(): Promise<string | undefined> {
  const { Browser, getInstalledBrowsers } = await importOptional(
    () => import('@puppeteer/browsers'),
    '@puppeteer/browsers',
  );
  const installed = await getInstalledBrowsers({ cacheDir: downloadFolder() });
  return installed.find(({ browser }) => browser === Browser.CHROME)?.executablePath;
}

async function downloadChrome(): Promise<string> {
  const browsers = await import('@puppeteer/browsers');
  const browser = browsers.Browser.CHROME;
  const platform = browsers.detectBrowserPlatform();
  if (!platform) throw new Error(`there is no Chrome for Testing for ${process.platform} ${process.arch}`);
  const { executablePath } = await browsers.install({
    browser,
    platform,
    buildId: await browsers.resolveBuildId(browser, platform, browsers.BrowserTag.STABLE),
    cacheDir: downloadFolder(),
    // On bare Debian and Ubuntu the download alone lacks shared libraries.
    installDeps: isRoot() && process.platform === 'linux',
  });
  return executablePath;
}

/** Puppeteer is an optional dependency: browsers that only show components never need it. */
async function importOptional<T>(load: () => Promise<T>, name: string): Promise<T> {
  try {
    return await load();
  } catch (cause) {
    throw new FluoroscopeError(
      'no-chrome',
      `The optional package ${name}, which drives Chrome, cannot be loaded; install it with npm install ${name}.`,
      { cause },
    );
  }
}

async function agreed(): Promise<boolean> {
  if (process.env.CI || !process.stdin.isTTY || !process.stderr.isTTY) return true;
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await terminal.question('Go on? [Y/n] ');
  terminal.close();
  return !/^n/i.test(answer.trim());
}

function isRoot(): boolean {
  return process.getuid?.() === 0;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
