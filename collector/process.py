"""The process that serves: what is set once for all of it."""

import gc


def settle() -> None:
    """Keep the search for cyclic garbage from walking, again and again, through what lives as long as the process.

    To be called when everything is imported. A profile of ingest spent an eighth of its time there.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)
