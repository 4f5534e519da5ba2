import { build } from 'vite'; import { gzipSync } from 'node:zlib';
const out = await build({ mode:'cdn', logLevel:'error', build:{write:false}});
const o = (Array.isArray(out)?out[0]:out).output;
for (const c of o) if (c.type==='chunk' && process.argv.slice(2).some(p=>c.fileName.startsWith(p))) { console.log(c.fileName, c.code.length);
 for (const [id,m] of Object.entries(c.modules)) console.log('  ', String(m.code?gzipSync(m.code,{level:9}).length:0).padStart(6), id.replace(process.cwd()+'/','').replace('node_modules/',''));}
