"""What is told of a GPU: without one here, the driver's answers are played."""

from __future__ import annotations

import pytest
from prometheus_client import REGISTRY

torch = pytest.importorskip("torch", reason="PyTorch is not installed: `make neural`")

from stylize_service.engines.device import tell_memory  # noqa: E402


def told(kind: str, device: str = "cuda:7") -> float | None:
    labels = {"device": device, "kind": kind}
    return REGISTRY.get_sample_value("kiln_gpu_memory_bytes", labels)


def test_the_memory_of_a_gpu_is_told_in_four_kinds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda _: (30, 100))
    monkeypatch.setattr(torch.cuda, "memory_allocated", lambda _: 40)
    monkeypatch.setattr(torch.cuda, "memory_reserved", lambda _: 60)
    tell_memory(torch.device("cuda:7"))
    assert [told(kind) for kind in ("allocated", "reserved", "used", "total")] == [40, 60, 70, 100]


def test_a_processor_has_no_memory_of_its_own_to_tell() -> None:
    tell_memory(torch.device("cpu"))
    assert told("total", "cpu") is None
