"""A random SDXL image-to-image pipeline of a few MB, saved as the real ones are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

WIDTH = 32  # of the text encoders
RANK = 2


def save_pipeline(folder: Path) -> Path:
    """Make the pipeline and save it in the layout of diffusers."""
    import torch  # noqa: PLC0415  not every house has it
    from diffusers import EulerDiscreteScheduler, StableDiffusionXLImg2ImgPipeline  # noqa: PLC0415

    torch.manual_seed(0)
    tokenizer = _tokenizer(folder.parent / "words")
    pipe = StableDiffusionXLImg2ImgPipeline(
        vae=_autoencoder(),
        text_encoder=_text_encoder(projects=False),
        text_encoder_2=_text_encoder(projects=True),
        tokenizer=tokenizer,
        tokenizer_2=tokenizer,
        unet=_unet(),
        scheduler=EulerDiscreteScheduler(
            beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", steps_offset=1
        ),
        add_watermarker=False,
    )
    pipe.save_pretrained(folder, safe_serialization=True)
    return folder


def save_lora(path: Path, pipeline: Path) -> Path:
    """Make weights that change what the pipeline draws, and save them as LoRA weights."""
    import torch  # noqa: PLC0415
    from diffusers import StableDiffusionXLImg2ImgPipeline, UNet2DConditionModel  # noqa: PLC0415
    from diffusers.utils import convert_state_dict_to_diffusers  # noqa: PLC0415
    from peft import LoraConfig  # noqa: PLC0415
    from peft.utils import get_peft_model_state_dict  # noqa: PLC0415

    torch.manual_seed(1)
    unet = UNet2DConditionModel.from_pretrained(pipeline / "unet", local_files_only=True)
    targets = ["to_q", "to_k", "to_v", "to_out.0"]
    unet.add_adapter(LoraConfig(r=RANK, init_lora_weights=False, target_modules=targets))
    with torch.no_grad():
        for name, weight in unet.named_parameters():
            if "lora" in name:
                weight.copy_(torch.randn_like(weight))
    StableDiffusionXLImg2ImgPipeline.save_lora_weights(
        path.parent,
        unet_lora_layers=convert_state_dict_to_diffusers(get_peft_model_state_dict(unet)),
        weight_name=path.name,
    )
    return path


def _unet() -> Any:
    from diffusers import UNet2DConditionModel  # noqa: PLC0415

    return UNet2DConditionModel(
        block_out_channels=(32, 64),
        layers_per_block=1,
        sample_size=32,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        attention_head_dim=(2, 4),
        use_linear_projection=True,
        addition_embed_type="text_time",
        addition_time_embed_dim=8,
        transformer_layers_per_block=(1, 1),
        projection_class_embeddings_input_dim=6 * 8 + WIDTH,  # sizes and a text
        cross_attention_dim=2 * WIDTH,
    )


def _autoencoder() -> Any:
    from diffusers import AutoencoderKL  # noqa: PLC0415

    return AutoencoderKL(
        block_out_channels=(32, 64),
        down_block_types=("DownEncoderBlock2D", "DownEncoderBlock2D"),
        up_block_types=("UpDecoderBlock2D", "UpDecoderBlock2D"),
        latent_channels=4,
        sample_size=64,
    )


def _text_encoder(*, projects: bool) -> Any:
    from transformers import (  # noqa: PLC0415
        CLIPTextConfig,
        CLIPTextModel,
        CLIPTextModelWithProjection,
    )

    config = CLIPTextConfig(
        hidden_size=WIDTH,
        intermediate_size=37,
        num_attention_heads=4,
        num_hidden_layers=2,
        vocab_size=600,
        projection_dim=WIDTH,
        bos_token_id=0,
        eos_token_id=1,
        pad_token_id=1,
    )
    return (CLIPTextModelWithProjection if projects else CLIPTextModel)(config)


def _tokenizer(folder: Path) -> Any:
    """Make a tokenizer that knows letters and nothing longer."""
    from transformers import CLIPTokenizer  # noqa: PLC0415

    letters = [chr(code) for code in range(33, 127)]
    words = ["<|startoftext|>", "<|endoftext|>", *letters, *(f"{one}</w>" for one in letters)]
    folder.mkdir()
    (folder / "vocab.json").write_text(json.dumps({word: n for n, word in enumerate(words)}))
    (folder / "merges.txt").write_text("#version: 0.2\n")
    return CLIPTokenizer(
        vocab=str(folder / "vocab.json"), merges=str(folder / "merges.txt"), model_max_length=77
    )
