"""``penstock serve`` on a disk that fails when told to: ``python -m tests.durability.failing_broker ORDERS serve ...``

ORDERS is a file; while it exists, it names an operation of ``broker.storage.file_operations.FileOperations`` and an error, as in
``sync_data EIO``, and every call of that operation fails with it. The product knows nothing of this.
"""

import errno
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from broker.cli import main
from broker.storage.file_operations import FileOperations

OPERATIONS = ("create", "allocate", "write", "read", "sync_data", "sync")


def fail_by_order(orders: Path, name: str) -> None:
    """Make one operation look into the orders before it does its work."""
    real: Callable[..., Any] = getattr(FileOperations, name)

    def operation(self: FileOperations, *arguments: Any) -> Any:
        try:
            failing, error = orders.read_text().split()
        except (FileNotFoundError, ValueError):
            return real(self, *arguments)
        if failing != name:
            return real(self, *arguments)
        number = getattr(errno, error)
        raise OSError(number, os.strerror(number))

    setattr(FileOperations, name, operation)


if __name__ == "__main__":
    orders_path = Path(sys.argv.pop(1))
    for operation_name in OPERATIONS:
        fail_by_order(orders_path, operation_name)
    main()
