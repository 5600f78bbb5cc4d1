"""What `dlbook.workers` starts: it runs a script, and ends when the launcher is gone."""

import os
import runpy
import signal
import sys
import threading
import traceback


def hold_leash(descriptor: int) -> None:
    """End this process, and what it has started, when nobody holds the other end of a pipe."""

    def wait() -> None:
        os.read(descriptor, 1)  # nobody ever writes: this returns when the pipe is closed
        # The launcher has given us a group of our own. No coverage is saved after this.
        os.killpg(os.getpgid(0), signal.SIGKILL)  # pragma: no cover

    threading.Thread(target=wait, daemon=True).start()


def main() -> None:
    """Run the script of the command line as Python would run it."""
    hold_leash(int(os.environ.pop("DLBOOK_LEASH")))
    sys.argv = sys.argv[1:]
    sys.path[0] = os.path.dirname(os.path.abspath(sys.argv[0]))  # noqa: PTH100, PTH120 - as Python
    try:
        runpy.run_path(sys.argv[0], run_name="__main__")
    except Exception:  # noqa: BLE001 - whatever the script raises
        traceback.print_exc()
        sys.stdout.flush()
        # At once: TensorFlow's threads may wait for workers that wait for this one.
        os._exit(1)


if __name__ == "__main__":
    main()
