"""The demo's trouble: one module per scene, found by looking into this folder, in the order of their start."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from streams.demo.scene import Scene, Staged


def all_scenes() -> tuple[Scene, ...]:
    """Every scene, first one first."""
    modules = [import_module(f"{__name__}.{m.name}") for m in iter_modules(__path__)]
    scenes: list[Scene] = [module.SCENE for module in modules]
    return tuple(sorted(scenes, key=lambda scene: scene.start_minute))


def stage(live_ns: int) -> tuple[Staged, ...]:
    """Every scene at its time in a live phase that starts at `live_ns`."""
    return tuple(Staged(scene, live_ns) for scene in all_scenes())
