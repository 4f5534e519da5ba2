"""Writes independent.safetensors: tiny models at settings that no fixture has, and PyTorch's float64 value of every hook.

    python3 tests/run/independent.py

PyTorch computes what the models compute, head by head, from its own building blocks; nothing here is copied from our
program. Tensors are `MODEL/tokens` (I32), `MODEL/weights/…` (F32) and `MODEL/hooks/…` (F64); the metadata holds each
model's config.json.
"""

import json
import sys
from pathlib import Path

import torch
import torch.nn.functional as F

sys.path.append(str(Path(__file__).parents[2] / "fixtures"))
from lib import safetensors  # only the file format

torch.manual_seed(0)
torch.set_num_threads(1)
torch.set_default_dtype(torch.float64)

MODELS = {
    "LN, SiLU, every position sees all": dict(
        n_layers=2, n_heads=3, d_model=8, d_head=5, d_mlp=11, d_vocab=13, d_vocab_out=7, n_ctx=9,
        act_fn="silu", normalization_type="LN", attention_dir="bidirectional", eps=0.05),
    "LNPre, erf GELU, more logits than tokens": dict(
        n_layers=2, n_heads=2, d_model=7, d_head=3, d_mlp=9, d_vocab=5, d_vocab_out=12, n_ctx=6,
        act_fn="gelu", normalization_type="LNPre", attention_dir="causal", eps=2e-3),
    "LN, tanh GELU, a large eps": dict(
        n_layers=1, n_heads=1, d_model=5, d_head=4, d_mlp=3, d_vocab=6, d_vocab_out=6, n_ctx=7,
        act_fn="gelu_new", normalization_type="LN", attention_dir="causal", eps=0.7),
    "no normalization, ReLU, every position sees all": dict(
        n_layers=1, n_heads=2, d_model=9, d_head=6, d_mlp=5, d_vocab=11, d_vocab_out=4, n_ctx=6,
        act_fn="relu", normalization_type=None, attention_dir="bidirectional", eps=1e-5),
}
ACTIVATIONS = {
    "relu": F.relu,
    "silu": F.silu,
    "gelu": F.gelu,
    "gelu_new": lambda x: F.gelu(x, approximate="tanh"),
}


def random_weights(c):
    """Every weight and bias by TransformerLens's name and shape; values that f32 holds, biases far from 0."""
    shapes = {"embed.W_E": (c["d_vocab"], c["d_model"]), "pos_embed.W_pos": (c["n_ctx"], c["d_model"])}
    norms = ["ln_final"]
    for layer in range(c["n_layers"]):
        attn, mlp = f"blocks.{layer}.attn", f"blocks.{layer}.mlp"
        norms += [f"blocks.{layer}.ln1", f"blocks.{layer}.ln2"]
        for letter in "QKV":
            shapes[f"{attn}.W_{letter}"] = (c["n_heads"], c["d_model"], c["d_head"])
            shapes[f"{attn}.b_{letter}"] = (c["n_heads"], c["d_head"])
        shapes[f"{attn}.W_O"], shapes[f"{attn}.b_O"] = (c["n_heads"], c["d_head"], c["d_model"]), (c["d_model"],)
        shapes[f"{mlp}.W_in"], shapes[f"{mlp}.b_in"] = (c["d_model"], c["d_mlp"]), (c["d_mlp"],)
        shapes[f"{mlp}.W_out"], shapes[f"{mlp}.b_out"] = (c["d_mlp"], c["d_model"]), (c["d_model"],)
    if c["normalization_type"] == "LN":
        shapes.update({f"{name}.{part}": (c["d_model"],) for name in norms for part in "wb"})
    shapes["unembed.W_U"], shapes["unembed.b_U"] = (c["d_model"], c["d_vocab_out"]), (c["d_vocab_out"],)
    return {name: (0.6 * torch.randn(shape)).float() for name, shape in shapes.items()}


def forward(c, weights, tokens):
    """tokens [batch, pos] to every hook by TransformerLens's name."""
    w = {name: tensor.double() for name, tensor in weights.items()}
    pos, hooks = tokens.shape[1], {}

    def norm(name, x):
        if c["normalization_type"] is None:
            return x
        size = x.shape[-1:]
        hooks[f"{name}.hook_scale"] = torch.sqrt(x.var(-1, unbiased=False, keepdim=True) + c["eps"])
        hooks[f"{name}.hook_normalized"] = F.layer_norm(x, size, eps=c["eps"])
        if c["normalization_type"] == "LNPre":
            return hooks[f"{name}.hook_normalized"]
        hooks[f"{name}.hook_out"] = F.layer_norm(x, size, w[f"{name}.w"], w[f"{name}.b"], c["eps"])
        return hooks[f"{name}.hook_out"]

    def head(name, x, h):
        """One head's hooks without their head axis; x [batch, pos, d_model]."""
        q, k, v = (F.linear(x, w[f"{name}.W_{kind}"][h].T, w[f"{name}.b_{kind}"][h]) for kind in "QKV")
        scores = torch.bmm(q, k.transpose(1, 2)) / c["d_head"] ** 0.5
        if c["attention_dir"] == "causal":
            for query in range(pos):
                scores[:, query, query + 1 :] = -torch.inf
        pattern = F.softmax(scores, dim=-1)
        z = torch.bmm(pattern, v)
        per_position = {"q": q, "k": k, "v": v, "z": z, "result": z @ w[f"{name}.W_O"][h]}
        return per_position, {"attn_scores": scores, "pattern": pattern}

    def attention(name, x):
        heads = [head(name, x, h) for h in range(c["n_heads"])]
        for axis, parts in zip((2, 1), zip(*heads)):
            for kind in parts[0]:
                hooks[f"{name}.hook_{kind}"] = torch.stack([part[kind] for part in parts], axis)
        return hooks[f"{name}.hook_result"].sum(2) + w[f"{name}.b_O"]

    hooks["hook_embed"] = F.embedding(tokens, w["embed.W_E"])
    hooks["hook_pos_embed"] = F.embedding(torch.arange(pos).expand_as(tokens), w["pos_embed.W_pos"])
    x = hooks["hook_embed"] + hooks["hook_pos_embed"]
    for block in (f"blocks.{layer}" for layer in range(c["n_layers"])):
        hooks[f"{block}.hook_resid_pre"] = x
        hooks[f"{block}.hook_attn_out"] = attention(f"{block}.attn", norm(f"{block}.ln1", x))
        x = hooks[f"{block}.hook_resid_mid"] = x + hooks[f"{block}.hook_attn_out"]
        mlp = f"{block}.mlp"
        pre = F.linear(norm(f"{block}.ln2", x), w[f"{mlp}.W_in"].T, w[f"{mlp}.b_in"])
        hooks[f"{mlp}.hook_pre"], hooks[f"{mlp}.hook_post"] = pre, ACTIVATIONS[c["act_fn"]](pre)
        hooks[f"{block}.hook_mlp_out"] = F.linear(hooks[f"{mlp}.hook_post"], w[f"{mlp}.W_out"].T, w[f"{mlp}.b_out"])
        x = hooks[f"{block}.hook_resid_post"] = x + hooks[f"{block}.hook_mlp_out"]
    hooks["unembed.hook_out"] = F.linear(norm("ln_final", x), w["unembed.W_U"].T, w["unembed.b_U"])
    return hooks


tensors = {}
for model, config in MODELS.items():
    weights = random_weights(config)
    tokens = torch.randint(0, config["d_vocab"], (2, config["n_ctx"] - 1))
    tensors[f"{model}/tokens"] = tokens.int()
    tensors.update({f"{model}/weights/{name}": tensor for name, tensor in weights.items()})
    tensors.update({f"{model}/hooks/{name}": tensor for name, tensor in forward(config, weights, tokens).items()})
configs = {model: json.dumps(config) for model, config in MODELS.items()}
safetensors.save(Path(__file__).with_name("independent.safetensors"), tensors, configs)
