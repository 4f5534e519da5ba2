/** A Vulkan driver for Dawn wherever there is a Chrome: the SwiftShader that it brings along. */
import { existsSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { findChrome } from '../../src/cli/chrome';

/** The environment in which Dawn finds SwiftShader; empty where the system's own GPU interface serves (not Linux). */
export async function swiftShaderForDawn(): Promise<NodeJS.ProcessEnv> {
  if (process.platform !== 'linux') return {};
  const chrome = realpathSync((await findChrome()) ?? '/');
  const folders = [dirname(chrome), '/usr/lib/chromium', '/usr/lib/chromium-browser'];
  const folder = folders.find((place) => existsSync(join(place, 'vk_swiftshader_icd.json')));
  if (!folder) throw new Error(`no vk_swiftshader_icd.json beside ${chrome}: install Chrome for Testing or Chromium`);
  const driver = join(folder, 'vk_swiftshader_icd.json');
  return { VK_DRIVER_FILES: driver, VK_ICD_FILENAMES: driver, LD_LIBRARY_PATH: folder };
}
