# SPDX-License-Identifier: Apache-2.0
"""breadth.py [--untouched] [NAME ...]: checks architectures of transformers, small and randomly initialised, as a table.

With --untouched an exception is thrown at each of their modules in turn besides, and the model has to be bit for bit
what it was. Nothing is downloaded. Not a test of every run: it takes minutes and needs transformers.
"""

import sys
import time
import warnings

import torch
from torch import nn
from traces import assert_same, refusing, snapshot

EXAMPLES, TOKENS, IMAGE = 32, 16, 32

TEXT = {
    "gpt2": {"n_embd": 32, "n_layer": 3, "n_head": 4, "vocab_size": 99},
    "deberta": {"relative_attention": True, "pos_att_type": ["c2p", "p2c"]},
    "deberta-v2": {"relative_attention": True, "pos_att_type": ["c2p", "p2c"], "position_buckets": 8},
    "albert": {"embedding_size": 16},
    "electra": {"embedding_size": 16},
    "openai-gpt": {"n_embd": 32, "n_layer": 3, "n_head": 4, "vocab_size": 99},
    "ctrl": {"n_embd": 32, "n_layer": 3, "n_head": 4, "dff": 64, "vocab_size": 99},
    "xlnet": {"d_model": 32, "n_layer": 3, "n_head": 4, "d_inner": 64, "vocab_size": 99},
    "xlm": {"emb_dim": 32, "n_layers": 3, "n_heads": 4, "n_words": 99, "vocab_size": 99},
    "flaubert": {"emb_dim": 32, "n_layers": 3, "n_heads": 4, "vocab_size": 99},
    "distilbert": {"dim": 32, "n_layers": 3, "n_heads": 4, "hidden_dim": 64, "vocab_size": 99},
    "bloom": {"hidden_size": 32, "n_layer": 3, "n_head": 4, "vocab_size": 99},
    "mpt": {"d_model": 32, "n_layers": 3, "n_heads": 4, "vocab_size": 99, "max_seq_len": 64},
    "gptj": {"n_embd": 32, "n_layer": 3, "n_head": 4, "rotary_dim": 4, "vocab_size": 99},
    "codegen": {"n_embd": 32, "n_layer": 3, "n_head": 4, "rotary_dim": 4, "vocab_size": 99},
    "gpt_bigcode": {"n_embd": 32, "n_layer": 3, "n_head": 4, "vocab_size": 99},
    "gpt_neo": {"hidden_size": 32, "num_layers": 2, "attention_types": [[["global", "local"], 1]], "num_heads": 4},
    "opt": {"ffn_dim": 64, "word_embed_proj_dim": 32},
    "biogpt": {}, "xglm": {"d_model": 32, "num_layers": 3, "attention_heads": 4, "ffn_dim": 64},
    "bert": {}, "roberta": {}, "xlm-roberta": {}, "camembert": {}, "mobilebert": {"embedding_size": 16},
    "mpnet": {}, "nystromformer": {"segment_means_seq_len": 16, "num_landmarks": 4}, "roformer": {}, "rembert": {},
    "convbert": {"embedding_size": 32}, "fnet": {}, "funnel": {"d_model": 32, "n_head": 4, "d_head": 8, "d_inner": 64,
    "block_sizes": [1, 1], "block_repeats": [1, 1]}, "megatron-bert": {}, "squeezebert": {"embedding_size": 32}, "yoso": {}, "mra": {}, "ernie": {}, "ibert": {},
    "llama": {}, "mistral": {}, "mixtral": {"num_local_experts": 2}, "qwen2": {}, "qwen3": {"head_dim": 8},
    "gemma": {"head_dim": 8}, "gemma2": {"head_dim": 8}, "phi": {}, "phi3": {"pad_token_id": 0}, "olmo": {},
    "olmo2": {}, "stablelm": {}, "starcoder2": {}, "cohere": {}, "persimmon": {}, "gpt_neox": {}, "falcon": {},
    "granite": {}, "nemotron": {}, "mamba": {"state_size": 8}, "mamba2": {"head_dim": 8, "num_heads": 8, "state_size": 8,
    "n_groups": 1}, "rwkv": {"attention_hidden_size": 32}, "t5": {"d_model": 32, "d_kv": 8, "d_ff": 64, "num_layers": 3,
    "num_heads": 4}, "bart": {"d_model": 32, "encoder_layers": 2, "decoder_layers": 2, "encoder_attention_heads": 4,
    "decoder_attention_heads": 4, "encoder_ffn_dim": 64, "decoder_ffn_dim": 64},
    "pegasus": {"d_model": 32, "encoder_layers": 2, "decoder_layers": 2, "encoder_attention_heads": 4,
    "decoder_attention_heads": 4, "encoder_ffn_dim": 64, "decoder_ffn_dim": 64},
}  # fmt: skip
VISION = {
    "vit": {}, "deit": {}, "beit": {}, "dinov2": {}, "vit_mae": {}, "data2vec-vision": {}, "yolos": {"image_size": [32, 32]},
    "swin": {"patch_size": 4, "embed_dim": 16, "depths": [1, 1], "num_heads": [2, 4], "window_size": 4},
    "swinv2": {"patch_size": 4, "embed_dim": 16, "depths": [1, 1], "num_heads": [2, 4], "window_size": 4},
    "convnext": {"hidden_sizes": [8, 16, 16, 16], "depths": [1, 1, 1, 1]},
    "convnextv2": {"hidden_sizes": [8, 16, 16, 16], "depths": [1, 1, 1, 1]},
    "segformer": {"hidden_sizes": [8, 16, 16, 16], "depths": [1, 1, 1, 1], "num_attention_heads": [1, 2, 2, 2]},
    "resnet": {"embedding_size": 8, "hidden_sizes": [8, 16, 16, 16], "depths": [1, 1, 1, 1]},
    "regnet": {"embedding_size": 8, "hidden_sizes": [8, 16, 16, 16], "depths": [1, 1, 1, 1], "groups_width": 4},
    "mobilenet_v1": {"depth_multiplier": 0.25}, "mobilenet_v2": {"depth_multiplier": 0.25},
    "efficientnet": {"width_coefficient": 0.25, "depth_coefficient": 0.25, "image_size": 32, "hidden_dim": 320},
    "levit": {"patch_size": 16, "hidden_sizes": [16, 16, 16], "num_attention_heads": [2, 2, 2], "depths": [1, 1, 1], "key_dim": [8, 8, 8], "image_size": 64},
    "poolformer": {"hidden_sizes": [8, 16, 16, 16], "depths": [1, 1, 1, 1]},
    "pvt": {"hidden_sizes": [8, 16, 16, 16], "depths": [1, 1, 1, 1], "num_attention_heads": [1, 2, 2, 2]},
    "cvt": {"embed_dim": [8, 16, 16], "depth": [1, 1, 1], "num_heads": [1, 2, 2]},
    "bit": {"embedding_size": 8, "hidden_sizes": [8, 16, 16, 16], "depths": [1, 1, 1, 1], "num_groups": 4},
    "mobilevit": {"hidden_sizes": [16, 16, 16], "neck_hidden_sizes": [8, 8, 8, 16, 16, 16, 16]},
    "focalnet": {"embed_dim": 16, "depths": [1, 1], "focal_levels": [1, 1], "focal_windows": [3, 3]},
    "vit_msn": {},
}  # fmt: skip
SOUND = {"wav2vec2": {}, "hubert": {}, "wavlm": {}, "whisper": {}, "audio-spectrogram-transformer": {}}
SMALL = {
    "hidden_size": 32, "num_hidden_layers": 3, "num_attention_heads": 4, "num_key_value_heads": 2,
    "intermediate_size": 64, "vocab_size": 99, "max_position_embeddings": 64, "use_cache": False,
}  # fmt: skip


def of_transformers(name):
    """The model of a type, with the batch that it takes."""
    import transformers

    own = {**TEXT, **VISION, **SOUND}[name]
    known = transformers.AutoConfig.for_model(name).to_dict()
    options = {key: value for key, value in SMALL.items() if key in known or key == "use_cache"}
    if name in VISION:
        options["image_size"] = IMAGE
        if "patch_size" in known:
            options["patch_size"] = 8
    options.update(own)
    if name == "wav2vec2" or name in ("hubert", "wavlm"):
        options.update(conv_dim=[16, 16], conv_stride=[5, 4], conv_kernel=[10, 8], num_feat_extract_layers=2,
                       num_conv_pos_embeddings=8, num_conv_pos_embedding_groups=4)  # fmt: skip
    if name == "whisper":
        options.update(d_model=32, encoder_layers=2, decoder_layers=2, encoder_attention_heads=4, decoder_attention_heads=4,
                       encoder_ffn_dim=64, decoder_ffn_dim=64, max_source_positions=32, pad_token_id=0,
                       bos_token_id=1, eos_token_id=2, decoder_start_token_id=1)  # fmt: skip
    if name == "audio-spectrogram-transformer":
        options.update(num_mel_bins=16, max_length=64)
    config = transformers.AutoConfig.for_model(name, **options)
    model = transformers.AutoModel.from_config(config)
    tokens = torch.randint(5, 90, (EXAMPLES, TOKENS))
    if name in VISION:
        size = 64 if name in ("levit", "convnext", "convnextv2") else IMAGE
        return model, {"pixel_values": torch.randn(EXAMPLES, 3, size, size)}
    if name == "whisper":
        return model, {"input_features": torch.randn(EXAMPLES, 80, 64), "decoder_input_ids": tokens}
    if name == "audio-spectrogram-transformer":
        return model, {"input_values": torch.randn(EXAMPLES, 64, 16)}
    if name in SOUND:
        return model, {"input_values": torch.randn(EXAMPLES, 2000)}
    if name in ("t5", "bart", "pegasus"):
        return model, {"input_ids": tokens, "decoder_input_ids": tokens.clone()}
    return model, {"input_ids": tokens}


def modules_used(model, graph):
    """How many linear and convolutional modules the pass went through, those of transformers' own kind too."""
    used = {node.module for node in graph.nodes}
    kinds = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.ConvTranspose1d, nn.ConvTranspose2d)
    own = ("Conv1D", "QuantLinear")
    return sum(
        path in used
        for path, module in model.named_modules()
        if isinstance(module, kinds) or type(module).__name__ in own
    )


def row(name):
    """One row of the table."""
    import shatterproof as sp

    torch.manual_seed(1)
    try:
        model, batch = of_transformers(name)
        with torch.no_grad():
            model(**batch)
    except Exception as error:
        return f"| {name} | does not run by itself: {type(error).__name__} {str(error).splitlines()[0][:60] if str(error) else ''} | | | | | |"
    began, before = time.time(), snapshot(model)
    report = sp.check(model, batch)
    assert_same(before, snapshot(model))
    shape = next(r for r in report.records if r["kind"] == "graph")
    layers = len({node["layer"] for node in shape["nodes"] if node.get("layer")})
    coverage = report.coverage
    unknown = ", ".join(f"{k} x{v}" for k, v in report.graph.unknown_functions().items())
    return (
        f"| {name} | {layers} | {modules_used(model, report.graph)} | {len(shape.get('skips', []))} "
        f"| {coverage['measured']}/{coverage['nodes']} {unknown} | {report.verdict} "
        f"{' '.join(f.id for f in report.findings)} | {time.time() - began:.1f} |"
    )


def untouched_row(name):
    """How many modules refused, each of which left the model as it was."""
    import shatterproof as sp

    torch.manual_seed(1)
    model, batch = of_transformers(name)
    modules = list(model.modules())
    for module in modules:
        refusing(model, module, lambda: sp.measure(model, batch, "gradient_correlation"))
    return f"| {name} | {len(modules)} modules | | | | untouched | |"


def main():
    warnings.simplefilter("ignore")
    row_of = untouched_row if "--untouched" in sys.argv else row
    names = [name for name in sys.argv[1:] if name != "--untouched"] or [*TEXT, *VISION, *SOUND]
    print(
        "| architecture | layers | linear and convolutional modules | residual sums | nodes measured | verdict | seconds |"
    )
    print("|---|---|---|---|---|---|---|")
    for name in names:
        try:
            print(row_of(name), flush=True)
        except Exception as error:
            print(
                f"| {name} | **{type(error).__name__}**: {str(error).splitlines()[0][:100] if str(error) else ''} | | | | | |",
                flush=True,
            )


if __name__ == "__main__":
    main()
