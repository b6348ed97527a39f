"""Tiny random adapters and LoRAs as files, for tests/tiny_flux.py with the sizes of text that Redux is tied to."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from diffusers import FluxPriorReduxPipeline
from diffusers.models.transformers.consisid_transformer_3d import LocalFacialExtractor, PerceiverCrossAttention
from diffusers.pipelines.flux.modeling_flux import ReduxImageEncoder
from PIL import Image
from safetensors.torch import save_file
from transformers import (
    CLIPVisionConfig,
    CLIPVisionModelWithProjection,
    SiglipImageProcessor,
    SiglipVisionConfig,
    SiglipVisionModel,
)

from generator.adapters.faces import FaceModels

FLUX_SIZES = {"joint_attention_dim": 4096, "pooled_projection_dim": 768}
BLOCKS, DOUBLE_BLOCKS, INNER = 5, 2, 32  # of tests/tiny_flux.py
SEEN = {"hidden_size": 8, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "patch_size": 16}
IDENTITY = 10  # channels of PuLID's identity tokens


def picture(seed: int = 0, size: tuple[int, int] = (40, 30)) -> Image.Image:
    pixels = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    return Image.fromarray(pixels)


def siglip() -> SiglipVisionModel:
    torch.manual_seed(1)
    return SiglipVisionModel(SiglipVisionConfig(**SEEN, image_size=32)).eval()


def save_siglip(folder: Path) -> Path:
    siglip().save_pretrained(folder)
    SiglipImageProcessor(size={"height": 32, "width": 32}).save_pretrained(folder)
    return folder


def save_clip(folder: Path) -> Path:
    torch.manual_seed(2)
    model = CLIPVisionModelWithProjection(CLIPVisionConfig(**SEEN, image_size=32, projection_dim=6))
    model.save_pretrained(folder)
    return folder


def save_redux(folder: Path) -> Path:
    torch.manual_seed(3)
    with torch.device("meta"):
        embedder = ReduxImageEncoder(redux_dim=8, txt_in_features=4096).to(torch.bfloat16)
    embedder = embedder.to_empty(device="cpu")
    for parameter in embedder.parameters():
        parameter.data.uniform_(-0.1, 0.1)
    processor = SiglipImageProcessor(size={"height": 32, "width": 32})
    prior = FluxPriorReduxPipeline(image_encoder=siglip(), feature_extractor=processor, image_embedder=embedder)
    prior.save_pretrained(folder)
    return folder


def instantx_weights(tokens: int = 4, channels: int = 4096) -> dict[str, dict[str, torch.Tensor]]:
    generator = torch.Generator().manual_seed(4)

    def normal(*shape: int) -> torch.Tensor:
        return torch.randn(shape, generator=generator) * 0.3

    projection = {
        "proj.0.weight": normal(16, 8),
        "proj.0.bias": normal(16),
        "proj.2.weight": normal(tokens * channels, 16),
        "proj.2.bias": normal(tokens * channels),
        "norm.weight": normal(channels),
        "norm.bias": normal(channels),
    }
    names = [f"{i}.to_{part}_ip.weight" for i in range(BLOCKS) for part in "kv"]
    return {"image_proj": projection, "ip_adapter": {name: normal(INNER, channels) * 0.1 for name in names}}


def save_instantx(path: Path) -> Path:
    torch.save(instantx_weights(), path)
    return path


def save_xlabs(path: Path) -> Path:
    generator = torch.Generator().manual_seed(5)
    weights = {
        "ip_adapter_proj_model.proj.weight": torch.randn(4 * 4096, 6, generator=generator),
        "ip_adapter_proj_model.proj.bias": torch.randn(4 * 4096, generator=generator),
        "ip_adapter_proj_model.norm.weight": torch.randn(4096, generator=generator),
        "ip_adapter_proj_model.norm.bias": torch.randn(4096, generator=generator),
    }
    for block in range(DOUBLE_BLOCKS):
        for part in "kv":
            name = f"double_blocks.{block}.processor.ip_adapter_double_stream_{part}_proj"
            weights[f"{name}.weight"] = torch.randn(INNER, 4096, generator=generator) * 0.02
            weights[f"{name}.bias"] = torch.randn(INNER, generator=generator)
    save_file(weights, path)
    return path


def face_encoder() -> LocalFacialExtractor:
    torch.manual_seed(6)
    sizes = {"id_dim": 518, "vit_dim": 8, "depth": 5, "heads": 1, "num_id_token": 2, "num_queries": 3, "ff_mult": 2}
    return LocalFacialExtractor(**sizes, output_dim=IDENTITY).eval()


def save_pulid(path: Path) -> Path:
    torch.manual_seed(7)
    weights = {f"pulid_encoder.{name}": tensor for name, tensor in face_encoder().state_dict().items()}
    for number in range(2):  # after double-stream block 0 and single-stream block 0
        attention = PerceiverCrossAttention(dim=INNER, dim_head=128, heads=1, kv_dim=IDENTITY)
        weights |= {f"pulid_ca.{number}.{name}": tensor for name, tensor in attention.state_dict().items()}
    save_file(weights, path)
    return path


def lora_file(path: Path, seed: int, *, kohya: bool = False) -> Path:
    """A LoRA of rank 2 for one attention projection of each double-stream block."""
    generator = torch.Generator().manual_seed(seed)
    weights = {}
    for block in range(2):
        down, up = torch.randn(2, 32, generator=generator), torch.randn(32, 2, generator=generator)
        prefix = f"transformer.transformer_blocks.{block}.attn.to_out.0"
        names = {"down": "lora_A", "up": "lora_B"}
        if kohya:
            prefix, names = f"lora_unet_double_blocks_{block}_img_attn_proj", {"down": "lora_down", "up": "lora_up"}
            weights[f"{prefix}.alpha"] = torch.tensor(2.0)
        weights |= {f"{prefix}.{names['down']}.weight": down, f"{prefix}.{names['up']}.weight": up}
    save_file(weights, path)
    return path


def stub_face(left: float, side: float, value: float) -> dict[str, Any]:
    """A face that insightface found, `side` px wide, whose embedding is all `value`."""
    box = np.array([left, 0, left + side, side])
    return {"bbox": box, "kps": np.full((5, 2), left + side / 2), "embedding": np.full(512, value, dtype=np.float32)}


class StubHelper:
    """facexlib's FaceRestoreHelper: finds the faces it is told of; a crop's first pixel says where it was taken."""

    def __init__(self, boxes: list[list[float]], *, aligns: bool = True) -> None:
        self.boxes, self.aligns = boxes, aligns
        self.seen: Any = None
        self.clean_all()

    def clean_all(self) -> None:
        self.all_landmarks_5: list[Any] = []
        self.det_faces: list[Any] = []
        self.cropped_faces: list[Any] = []

    def read_image(self, bgr: Any) -> None:
        self.seen = bgr

    def get_face_landmarks_5(self) -> int:
        self.det_faces = [np.array([*box, 0.99]) for box in self.boxes]
        self.all_landmarks_5 = [np.full((5, 2), box[0]) for box in self.boxes]
        return len(self.boxes)

    def align_warp_face(self) -> None:
        for landmarks in self.all_landmarks_5 if self.aligns else []:
            crop = np.zeros((512, 512, 3), dtype=np.uint8)
            crop[:, :, 2] = 200  # red, the channels are BGR
            crop[0, 0] = int(landmarks[0, 0])
            self.cropped_faces.append(crop)

    def face_parse(self, pixels: torch.Tensor) -> list[torch.Tensor]:
        """BiSeNet: the left half is skin (1), of the right one a quarter each hat (18) and hair (17)."""
        labels = torch.ones(pixels.shape[2:], dtype=torch.long)
        labels[:, 256:384], labels[:, 384:] = 18, 17
        return [torch.nn.functional.one_hot(labels, 19).permute(2, 0, 1)[None].float()]


class StubRecogniser:
    def get_feat(self, bgr: Any) -> Any:
        return np.full((1, 512), float(bgr[0, 0, 0]), dtype=np.float32)


class StubClip:
    """EVA-CLIP's visual tower; keeps the pixels that it saw."""

    image_size = 14

    def __call__(self, pixels: torch.Tensor, **_: Any) -> tuple[torch.Tensor, list[torch.Tensor]]:
        self.pixels = pixels
        return torch.full((1, 6), 2.0), [torch.full((1, 4, 8), float(i)) for i in range(5)]


class StubAnalysis:
    def __init__(self, faces: list[dict[str, Any]]) -> None:
        self.faces = faces

    def get(self, bgr: Any) -> list[dict[str, Any]]:
        self.seen = bgr
        return self.faces


def stub_models(faces: list[dict[str, Any]], boxes: list[list[float]], *, aligns: bool = True) -> FaceModels:
    helper = StubHelper(boxes, aligns=aligns)
    return FaceModels(StubAnalysis(faces), StubRecogniser(), helper, StubClip(), (0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
