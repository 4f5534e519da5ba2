import { readFileSync, readdirSync } from 'node:fs'; import { gzipSync } from 'node:zlib'; import { parseSync, Visitor } from 'vite';
const dir='dist/cdn/'; const gz={},st={},dy={};
for(const f of readdirSync(dir).filter(f=>f.endsWith('.js'))){const s=readFileSync(dir+f,'utf8');gz[f]=gzipSync(s,{level:9}).length;st[f]=[];dy[f]=[];
const {program}=parseSync(f,s);new Visitor({ImportDeclaration:n=>st[f].push(n.source.value.slice(2)),ExportNamedDeclaration:n=>n.source&&st[f].push(n.source.value.slice(2)),ExportAllDeclaration:n=>st[f].push(n.source.value.slice(2)),ImportExpression:n=>n.source.value?.startsWith?.('./')&&dy[f].push(n.source.value.slice(2))}).visit(program)}
const close=(f,set=new Set)=>{if(!set.has(f)){set.add(f);st[f].forEach(x=>close(x,set))}return set};
const sum=s=>[...s].reduce((a,f)=>a+gz[f],0);
const heads=close('heads.js');const model=close('model.js');
const ent=Object.keys(gz).filter(f=>!/-[\w-]{8}\.js$/.test(f));
for(const f of ent.sort()){const c=close(f);console.log(f.padEnd(16),String(c.size).padStart(3),'alone',sum(c),'beside heads',sum([...c].filter(x=>!heads.has(x))),'beside model',sum([...c].filter(x=>!model.has(x))))}
const dyn=new Set(Object.values(dy).flat());
for(const f of dyn){const c=close(f);console.log('lazy',f.padEnd(34),c.size,sum([...c].filter(x=>!model.has(x))))}
if(process.argv[2])for(const x of close(process.argv[2]))console.log(gz[x],x)
