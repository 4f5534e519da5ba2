"""Writes pytorch.json: each kernel's inputs (exact in f32) and PyTorch's float64 outputs, at small odd sizes.

    python3 tests/kernels/pytorch.py

PyTorch computes what the kernels compute, from its own building blocks; nothing here is copied from our references.
"""

import json
import re
import textwrap
from pathlib import Path

import torch
import torch.nn.functional as F

torch.manual_seed(0)
torch.set_num_threads(1)
torch.set_default_dtype(torch.float64)

MASKED = torch.tensor(-1e30, dtype=torch.float32).double()
EPS = torch.tensor(1e-5, dtype=torch.float32).item()
HOSTILE = [0, -0.0, 1e-30, 1, -1, 3, -3, 6, -6, 9, -9, 9.9, -9.9, 13, -13, 20, -20]
HOSTILE += [80, -80, 88, -88, 100, -100, 1e4, -1e4]

cases = []


def f32(*shape, offset=0.0, spread=1.0):
    return (offset + spread * torch.randn(*shape)).float().double()


def case(kernel, about, uniforms, inputs, **outputs):
    flat = lambda tensors: {name: tensor.flatten().tolist() for name, tensor in tensors.items()}
    values = {"uniforms": uniforms, "inputs": flat(inputs), "outputs": flat(outputs)}
    cases.append({"kernel": kernel, "about": about, **values})


def embed(about, table, ids, first):
    whole = torch.cat([torch.zeros(first, table.shape[1]), table, torch.zeros(100, table.shape[1])])
    uniforms = {"rows": len(ids), "vocab": len(table), "model": table.shape[1], "first": first}
    case("embed", about, uniforms, {"table": table, "ids": ids}, out=F.embedding(ids, whole))


embed("a whole table", f32(13, 5), torch.randint(0, 13, (9,)), first=0)
embed("a part of a split table", f32(5, 3), torch.tensor([0, 7, 8, 12, 13, 40]), first=8)

table = f32(9, 5)
case("pos_embed", "two batch entries", {"batch": 2, "pos": 7, "model": 5, "n_ctx": 9}, {"table": table},
     out=table[:7].expand(2, 7, 5))

a, b = f32(65, offset=1e4), f32(65, offset=-1e4)
case("add", "large numbers that cancel", {"size": 65}, {"a": a, "b": b}, sum=a + b)


def layernorm(about, x):
    rows, cols = x.shape
    gain, bias = f32(cols, offset=1), f32(cols)
    uniforms = {"rows": rows, "cols": cols, "eps": EPS}
    scale = torch.sqrt(x.var(dim=-1, unbiased=False) + EPS)
    normalized = F.layer_norm(x, (cols,), eps=EPS)
    outputs = {"scale": scale, "normalized": normalized}
    case("normalize", about, uniforms, {"x": x}, **outputs)
    out = F.layer_norm(x, (cols,), gain, bias, EPS)
    case("layernorm", about, uniforms, {"x": x, "gain": gain, "bias": bias}, **outputs, out=out)


layernorm("d_model 35", f32(5, 35))
layernorm("small differences around 1e4", f32(3, 65, offset=1e4))
layernorm("rows that are all equal", torch.tensor([[0.0], [1.5], [1e4]]).expand(3, 35))
layernorm("one column", f32(3, 1))


def matmul(about, rows, inner, cols):
    x, w, bias = f32(rows, inner), f32(inner, cols), f32(cols, offset=3)
    uniforms = {"rows": rows, "inner": inner, "cols": cols}
    y = torch.addmm(bias, x, w)
    case("matmul", about, uniforms, {"x": x, "w": w, "bias": bias}, y=y)
    case("unembed", about, uniforms, {"x": x, "w": w.T.contiguous(), "bias": bias}, y=F.linear(x, w.T, bias))


matmul("one number", 1, 1, 1)
matmul("one row", 1, 35, 9)
matmul("odd sizes", 9, 17, 11)
matmul("a tile and one more", 3, 17, 65)


def attention(about, batch, head, query, key, dim, causal):
    q, k, v = f32(batch, query, head, dim), f32(batch, key, head, dim, spread=3), f32(batch, key, head, dim)
    scale = torch.tensor(dim**-0.5).float().double().item()
    scores = torch.einsum("bqhe,bkhe->bhqk", q, k) * scale
    if causal:
        scores = scores.masked_fill(torch.ones(query, key).triu(1).bool(), MASKED)
    sizes = {"batch": batch, "head": head, "query": query, "key": key, "dim": dim}
    case("attn_scores", about, {**sizes, "scale": scale, "causal": int(causal)}, {"q": q, "k": k}, scores=scores)
    x = scores.float().double()
    softmax(f"scores of {about}", x.reshape(-1, key))
    pattern = x.softmax(-1).float().double()
    z = torch.einsum("bhqk,bkhe->bqhe", pattern, v)
    case("attn_mix", about, sizes, {"pattern": pattern, "v": v}, z=z)


def softmax(about, x):
    case("softmax", about, {"rows": x.shape[0], "cols": x.shape[1]}, {"x": x}, y=x.softmax(-1))


attention("causal attention", 2, 3, 5, 5, 7, causal=True)
attention("bidirectional attention", 1, 2, 3, 5, 7, causal=False)
attention("one position", 1, 2, 1, 1, 7, causal=True)
softmax("very negative rows", f32(3, 17, offset=-1e4))
softmax("rows that are all equal", torch.tensor([[0.0], [-100.0], [MASKED]]).expand(3, 9))
softmax("one element", torch.tensor([[-1e30], [0.0], [88.0]]).float().double())
softmax("underflow", torch.tensor([HOSTILE[:-2]]).float().double())

x = torch.cat([torch.tensor(HOSTILE).float().double(), f32(65, spread=3)])
size = {"size": len(x)}
u = (8 / torch.pi) ** 0.5 * (x + 0.044715 * x**3)
# torch's own GELUs lose their digits in the left tail, where 1 + erf and 1 + tanh cancel; these forms keep them.
erf_gelu = torch.where(x < 0, x * torch.erfc(-x / 2**0.5) / 2, x * torch.special.ndtr(x))
tanh_gelu = x * torch.sigmoid(u)
torch.testing.assert_close(erf_gelu, F.gelu(x), rtol=1e-14, atol=1e-14)
torch.testing.assert_close(tanh_gelu, F.gelu(x, approximate="tanh"), rtol=1e-14, atol=1e-14)
case("relu", "hostile and random", size, {"x": x}, y=F.relu(x))
case("silu", "hostile and random", size, {"x": x}, y=x * torch.sigmoid(x))
case("gelu", "hostile and random", size, {"x": x}, y=erf_gelu)
case("gelu_new", "hostile and random", size, {"x": x}, y=tanh_gelu)

left, right = f32(3, 5), f32(3, 7)
case("concat", "3 rows", {"rows": 3, "left_cols": 5, "right_cols": 7, "cols": 12}, {"left": left, "right": right},
     out=torch.cat([left, right], dim=-1))

z, w = f32(5, 3, 7), f32(3, 7, 9)
case("head_result", "3 heads", {"rows": 5, "head": 3, "dim": 7, "model": 9}, {"z": z, "w": w},
     result=torch.einsum("rhe,hem->rhm", z, w))

x, weight, offset = f32(65), f32(65), f32(65)
weight[:20], offset[:10], weight[30:40] = 1, 0, 0
case("edit", "kept, moved, replaced, scaled", {"size": 65}, {"x": x, "weight": weight, "offset": offset},
     y=weight * x + offset)

x, scale, gain, bias = f32(5, 35, offset=3), f32(5, offset=2), f32(35, offset=1), f32(35)
part, normalized = {"rows": 5, "cols": 35}, (x - x.mean(-1, keepdim=True)) / scale[:, None]
case("ln_scale", "d_model 35", {**part, "eps": EPS}, {"x": x}, scale=torch.sqrt(x.var(-1, unbiased=False) + EPS))
case("ln_divide", "by a scale of its own", part, {"x": x, "scale": scale}, normalized=normalized)
case("ln_affine", "d_model 35", part, {"normalized": x, "gain": gain, "bias": bias}, out=gain * x + bias)

earlier, later = f32(2, 6, 5), f32(2, 3, 5)
case("extend_rows", "4 of 6 rows, then 3", {"batch": 2, "old": 6, "past": 4, "fresh": 3, "pos": 7, "width": 5},
     {"earlier": earlier, "later": later}, out=torch.cat([earlier[:, :4], later], dim=1))

earlier, later = f32(3, 6, 6), f32(3, 3, 7)
case("extend_keys", "4 of 6 queries, then 3", {"heads": 3, "old": 6, "past": 4, "fresh": 3, "pos": 7, "fill": -2},
     {"earlier": earlier, "later": later},
     out=torch.cat([F.pad(earlier[:, :4, :4], (0, 3), value=-2), later], dim=1))


def number(value):
    return re.sub(r"e\+?(-?)0*", r"e\1", json.dumps(value))


def layout(value, indent=0, before=0):
    """JSON as this repository's formatter leaves it: lists of numbers filled to 120 columns, `before` of them taken."""
    pad, end = "  " * (indent + 1), "  " * indent
    if isinstance(value, dict):
        keys = {key: f"{pad}{json.dumps(key)}: " for key in value}
        items = [keys[key] + layout(item, indent + 1, len(keys[key])) for key, item in value.items()]
        return "{\n" + ",\n".join(items) + f"\n{end}}}"
    if isinstance(value, list) and isinstance(value[0], dict):
        return "[\n" + ",\n".join(pad + layout(item, indent + 1) for item in value) + f"\n{end}]"
    if isinstance(value, list):
        text = ", ".join(number(item) for item in value)
        if before + len(text) + len("[],") <= 120:
            return f"[{text}]"
        return "[\n" + textwrap.fill(text, 120, initial_indent=pad, subsequent_indent=pad) + f"\n{end}]"
    return json.dumps(value) if isinstance(value, str) else number(value)


Path(__file__).with_name("pytorch.json").write_text(layout(cases) + "\n")
