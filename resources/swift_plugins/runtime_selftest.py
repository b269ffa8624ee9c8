"""Proves that PyTorch computes on the device that the training will use: ``python runtime_selftest.py --device cuda``.

Prints one JSON object: ``ok``, ``torch``, ``device``, ``name``, ``ms``, ``packages``, and ``reason`` where it failed.
"""

import argparse
import importlib.metadata
import json
import sys
import time

PACKAGES = ("ms-swift", "transformers", "peft", "modelscope")
SIZE = 256


def main() -> int:
    """Run the test and print its result."""
    parser = argparse.ArgumentParser(description="Test the training runtime.")
    parser.add_argument("--device", choices=("cpu", "cuda"), required=True)
    device = parser.parse_args().device
    result: dict[str, object] = {"ok": False, "torch": "", "device": device, "name": "", "ms": 0.0}
    try:
        result |= multiply(device)
        result["packages"] = {name: importlib.metadata.version(name) for name in PACKAGES}
    except Exception as error:  # noqa: BLE001 - whatever is wrong with PyTorch or the driver is the result
        result |= {"ok": False, "reason": f"{type(error).__name__}: {error}".strip().splitlines()[0]}
    print(json.dumps(result, ensure_ascii=False))
    return 0 if result["ok"] else 1


def multiply(device: str) -> dict[str, object]:
    """Multiply whole numbers, whose product is exact whatever the order of the sums, and compare with plain Python."""
    import torch  # here, since that it cannot be imported is a result, too

    found: dict[str, object] = {"torch": torch.__version__, "device": device}
    if device == "cuda" and not torch.cuda.is_available():
        built = torch.version.cuda
        return found | {"reason": f"torch.cuda.is_available() is False (PyTorch built for CUDA {built})"}
    rows = torch.arange(SIZE, dtype=torch.float32, device=device).remainder(7)
    left, right = rows.repeat(SIZE, 1), rows.repeat(SIZE, 1).T
    torch.matmul(left, right)  # the first product also loads the libraries
    start = time.perf_counter()
    product = torch.matmul(left, right).cpu()
    elapsed = 1000 * (time.perf_counter() - start)
    expected = float(sum((number % 7) ** 2 for number in range(SIZE)))
    name = torch.cuda.get_device_name() if device == "cuda" else f"{torch.get_num_threads()} threads"
    right_result = bool((product == expected).all())
    return found | {
        "name": name,
        "ms": round(elapsed, 3),
        "ok": right_result,
        "reason": "" if right_result else "wrong product",
    }


if __name__ == "__main__":
    sys.exit(main())
