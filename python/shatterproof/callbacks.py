# SPDX-License-Identifier: Apache-2.0
"""Watching within training frameworks."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from .report import Report
from .watch import Watch


def lightning_callback(**options: Any) -> Any:
    """A callback for Lightning that watches the module and logs what it reads.

    Parameters
    ----------
    **options
        Of ``watch``.

    Raises
    ------
    ImportError
        When neither lightning nor pytorch_lightning is installed.
    """
    try:
        callback: Any = import_module("lightning.pytorch.callbacks").Callback
    except ImportError:
        callback = import_module("pytorch_lightning.callbacks").Callback

    class ShatterproofCallback(callback):  # type: ignore[misc]
        watch: Watch | None = None

        def on_train_start(self, trainer: Any, pl_module: Any) -> None:
            def log(step: int, report: Report) -> None:
                if self.watch is not None and trainer.logger is not None:
                    trainer.logger.log_metrics(self.watch.latest, step=trainer.global_step)

            self.watch = Watch(pl_module, on_report=log, **options)
            self.watch.start()

        def on_train_end(self, trainer: Any, pl_module: Any) -> None:
            self._stop()

        def on_exception(self, trainer: Any, pl_module: Any, exception: BaseException) -> None:
            self._stop()

        def _stop(self) -> None:
            if self.watch is not None:
                self.watch.stop()

    return ShatterproofCallback()


def trainer_callback(**options: Any) -> Any:
    """A callback for the ``Trainer`` of transformers that watches the model and adds what it reads to the logs.

    Parameters
    ----------
    **options
        Of ``watch``.

    Raises
    ------
    ImportError
        When transformers is not installed.
    """
    callback: Any = import_module("transformers").TrainerCallback

    class ShatterproofCallback(callback):  # type: ignore[misc]
        watch: Watch | None = None

        def on_train_begin(self, args: Any, state: Any, control: Any, model: Any = None, **kwargs: Any) -> None:
            self.watch = Watch(model, **options)
            self.watch.start()

        def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **kwargs: Any) -> None:
            if self.watch is not None and logs is not None:
                logs.update(self.watch.latest)

        def on_train_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
            if self.watch is not None:
                self.watch.stop()

    return ShatterproofCallback()
