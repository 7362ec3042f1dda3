"""What a job wrote: its rows, vectors that are NULL or not finite, and how far vectors are from another job's.

    python tests/compare/job_check.py OUTPUT [OTHER]

OUTPUT and OTHER are folders of Parquet. The vectors of OTHER are compared by `id`, where each id has one row.
"""

import json
import sys
from pathlib import Path

import numpy
import pyarrow as pa
from pyarrow import compute, parquet


def read(folder):
    columns = ["id", "embedding"]
    tables = [parquet.read_table(file, columns=columns) for file in sorted(Path(folder).rglob("*.parquet"))]
    return pa.concat_tables(tables, promote_options="permissive")


def vectors(table):
    """By id, a row a vector."""
    table = table.sort_by("id").combine_chunks()
    embedding = table["embedding"].combine_chunks()
    return table["id"].to_numpy(), embedding.flatten().to_numpy().reshape(len(table), -1).astype("float64")


def main():
    table = read(sys.argv[1])
    found = {"rows": len(table), "nulls": table["embedding"].null_count, "texts": compute.count_distinct(table["id"]).as_py()}
    values = table["embedding"].combine_chunks().flatten()
    found["not finite"] = len(values) - compute.sum(compute.is_finite(values)).as_py()
    if len(sys.argv) > 2 and not found["nulls"]:
        (ids, ours), (others, theirs) = vectors(table), vectors(read(sys.argv[2]))
        if numpy.array_equal(ids, others):
            cosines = (ours * theirs).sum(1) / numpy.linalg.norm(ours, axis=1) / numpy.linalg.norm(theirs, axis=1)
            found["median cosine"], found["apart"] = float(numpy.median(cosines)), int((cosines < 0.999).sum())
    print(json.dumps(found))


if __name__ == "__main__":
    main()
