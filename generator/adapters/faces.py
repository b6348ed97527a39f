"""From a picture to what PuLID's encoder sees: the face's identity embedding and EVA-CLIP's features of it.

The steps are PuLID's; the networks come from `pip install insightface facexlib consisid-eva-clip`, loaded by diffusers'
ConsisID utilities. Arrays are (height, width, 3) of uint8; BGR where said.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from huggingface_hub import snapshot_download
from PIL import Image

from generator.weights.hub import LOAD_ERRORS, check_folder, explain, first_line
from generator.weights.libraries import logged_output
from generator.weights.packages import check_torchvision, missing
from planner.errors import RenderError

log = logging.getLogger("ragplan")

LICENCE = "insightface's model packs (antelopev2) are for non-commercial research only"
EXTRA = f"pulid needs packages of its own: pip install insightface facexlib consisid-eva-clip; mind that {LICENCE}"
PACKAGES = ("insightface", "facexlib", "consisid_eva_clip", "onnxruntime", "cv2", "torchvision")
LONG_SIDE_PX = 1024
WHITE_LABELS = (0, 16, 18, 7, 8, 9, 14, 15)  # BiSeNet: background, cloth, hat, ears, ear ring, neck, necklace
GREY = (0.299, 0.587, 0.114)
PARSING_MEAN, PARSING_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


@dataclass(frozen=True, eq=False)
class FaceModels:
    """The networks that read a face.

    analysis: insightface's, `get(bgr)` → faces with "bbox", "kps" and a 512-d "embedding". recogniser: antelopev2's,
    `get_feat(bgr)` → (1, 512). helper: facexlib's FaceRestoreHelper for crops of 512 px, with BiSeNet as `face_parse`.
    clip: EVA-CLIP's visual tower. mean, std: of the pixels it takes, per channel.
    """

    analysis: Any
    recogniser: Any
    helper: Any
    clip: Any
    mean: Sequence[float]
    std: Sequence[float]

    @classmethod
    def load(cls, source: str, device: torch.device, dtype: torch.dtype) -> FaceModels:
        """Load them from a folder or hub id that has them under `face_encoder`, as ConsisID's has.

        Raises `RenderError` where the packages or the weights are not there, or torchvision is one for another torch.
        """
        if lacking := missing(PACKAGES):
            raise RenderError(f"{EXTRA} (missing: {', '.join(lacking)})")
        check_torchvision()
        try:
            with logged_output():
                from diffusers.pipelines.consisid.consisid_utils import prepare_face_models
        except (ImportError, AttributeError) as error:  # the latter from a package of another version
            raise RenderError(f"{EXTRA} (they do not import: {first_line(error)})") from error
        log.warning("licence: %s", LICENCE)
        folder = _folder(source)
        try:
            with logged_output():
                helper, recogniser, clip, analysis, mean, std = prepare_face_models(str(folder), device, dtype)
        except (*LOAD_ERRORS, KeyError, AssertionError) as error:
            raise RenderError(explain(source, error, "the networks that read faces")) from error
        return cls(analysis, recogniser, helper, clip, mean, std)


@torch.no_grad()
def read_face(
    picture: Image.Image, name: str, models: FaceModels, device: torch.device, dtype: torch.dtype
) -> tuple[torch.Tensor, list[torch.Tensor]]:
    """Return the identity (1, 512 + 768) and EVA-CLIP's hidden states, each (1, 577, 1024), of the largest face.

    picture: RGB. name: what to call it. Raises `RenderError` where no face is found.
    """
    bgr = np.ascontiguousarray(np.asarray(shrink(picture))[:, :, ::-1])
    face = _largest(models.analysis.get(bgr), name)
    crop = _align(bgr, face, name, models.helper)
    identity = models.recogniser.get_feat(crop) if face is None else face["embedding"]
    pixels = torch.from_numpy(np.ascontiguousarray(crop[:, :, ::-1])).permute(2, 0, 1)[None].to(device).float() / 255
    features, hidden = _see(_masked(pixels, models.helper.face_parse), models, dtype)
    own = torch.as_tensor(identity).reshape(1, -1).to(device, dtype)
    return torch.cat([own, features], dim=-1), list(hidden)


def shrink(picture: Image.Image) -> Image.Image:
    """Return the picture with its long side at 1024 px, if it is longer."""
    scale = LONG_SIDE_PX / max(picture.size)
    if scale >= 1:
        return picture
    return picture.resize([max(1, int(side * scale)) for side in picture.size], Image.Resampling.LANCZOS)


def _largest(faces: Sequence[Any], name: str) -> Any:
    """Return insightface's largest face, None where it found none."""
    if len(faces) > 1:
        log.warning("%s shows %d faces; the largest one is taken", name, len(faces))
    return max(faces, key=lambda face: _area(face["bbox"]), default=None)


def _align(bgr: np.ndarray[Any, Any], face: Any, name: str, helper: Any) -> np.ndarray[Any, Any]:
    """Return facexlib's upright 512 × 512 crop (BGR) of a face, or of the largest that it finds where there is none."""
    helper.clean_all()
    helper.read_image(bgr)
    helper.get_face_landmarks_5()
    helper.all_landmarks_5 = [landmarks] if (landmarks := _landmarks(face, helper)) is not None else []
    helper.align_warp_face()
    if not helper.cropped_faces:
        raise RenderError(f"{name} shows no face that can be found; pulid needs one, upright and not too small")
    crop: np.ndarray[Any, Any] = helper.cropped_faces[0]
    return crop


def _landmarks(face: Any, helper: Any) -> Any:
    """Return facexlib's landmarks of the face that insightface found; its own where facexlib did not see that face."""
    found = list(zip(helper.det_faces, helper.all_landmarks_5, strict=True))
    if face is None:
        return max(found, key=lambda one: _area(one[0]), default=(None, None))[1]
    same = [one for one in found if _shared(one[0], face["bbox"]) > 0]
    return max(same, key=lambda one: _shared(one[0], face["bbox"]), default=(None, face["kps"]))[1]


def _area(box: Any) -> float:
    return float((box[2] - box[0]) * (box[3] - box[1]))


def _shared(one: Any, other: Any) -> float:
    """Return the area that two boxes (left, top, right, bottom) share."""
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    return float(max(width, 0) * max(height, 0))


def _masked(pixels: torch.Tensor, parse: Any) -> torch.Tensor:
    """Return a crop (1, 3, height, width) of 0..1 in grey, and white where it is no face."""
    labels = parse(_normalised(pixels, PARSING_MEAN, PARSING_STD))[0].argmax(dim=1, keepdim=True)
    outside = torch.isin(labels, torch.tensor(WHITE_LABELS, device=labels.device))
    grey = (pixels * pixels.new_tensor(GREY)[:, None, None]).sum(dim=1, keepdim=True).expand_as(pixels)
    return torch.where(outside, torch.ones_like(pixels), grey)


def _see(pixels: torch.Tensor, models: FaceModels, dtype: torch.dtype) -> tuple[torch.Tensor, Sequence[torch.Tensor]]:
    """Return EVA-CLIP's class token, of length 1, and hidden states."""
    side = models.clip.image_size
    size = (side, side) if isinstance(side, int) else tuple(side)
    resized = torch.nn.functional.interpolate(pixels, size, mode="bicubic", antialias=True)
    inputs = _normalised(resized, models.mean, models.std).to(dtype)
    features, hidden = models.clip(inputs, return_all_features=False, return_hidden=True, shuffle=False)
    return features / features.norm(dim=1, keepdim=True), hidden


def _normalised(pixels: torch.Tensor, mean: Sequence[float], std: Sequence[float]) -> torch.Tensor:
    return (pixels - pixels.new_tensor(mean)[:, None, None]) / pixels.new_tensor(std)[:, None, None]


def _folder(source: str) -> Path:
    """Return a folder, or that of a hub id with its `face_encoder` fetched once."""
    what = "the source of the networks that read faces"
    check_folder(what, source)
    folder = Path(source).expanduser()
    if folder.is_dir():
        return folder
    try:
        return Path(snapshot_download(source, allow_patterns=["face_encoder/*"]))
    except LOAD_ERRORS as error:
        raise RenderError(explain(source, error, what)) from error
