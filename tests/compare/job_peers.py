"""What a careful person would write to get vectors of a Parquet file's texts with sentence-transformers, PyTorch or ONNX
Runtime: a Parquet file with the same columns as Annota's.

    python tests/compare/job_peers.py PROGRAM LEVEL INPUT OUTPUT FOLDER THREADS

Texts are read 1,024 at a time, so that memory is bounded; those of a chunk are cut into pieces together, sorted by length
and computed in batches of about as many pieces, so that hardly anything is padding. Sentences end at `.`, `!` or `?`
before white space; tokens are runs of letters and digits, or single other characters. A token's vector is its first
piece's, in the context of its sentence.
"""

import os
import re
import sys
import warnings
from pathlib import Path

import numpy
import pyarrow as pa
from pyarrow import parquet

import speed_models
from speed_worker import onnx_session

CHUNK = 1024
BATCH_PIECES = 2048
MOST = 512
SENTENCE = re.compile(r"\S.*?(?:[.!?]+[\"”’')\]]*(?=\s)|\Z)", re.S)
TOKEN = re.compile(r"\w+|[^\w\s]")


def batches(lengths):
    """Numbers of sequences of near equal length, the longest first, each batch of about BATCH_PIECES pieces."""
    order = numpy.argsort(lengths, kind="stable")[::-1]
    begin = 0
    while begin < len(order):
        end = begin + max(1, BATCH_PIECES // int(lengths[order[begin]]))
        yield order[begin:end]
        begin = end


class Batched:
    """Pieces by the tokenizers library, states by a model, in batches of near equal length."""

    def __init__(self, home):
        from tokenizers import Tokenizer

        self.tokenizer = Tokenizer.from_file(str(home.peers / "tokenizer.json"))
        self.tokenizer.enable_truncation(MOST)
        self.size = home.config()["hidden_size"]

    def computed(self, texts):
        """(encodings, and for every batch the numbers of its texts and their states)."""
        encodings = self.tokenizer.encode_batch(texts)
        lengths = numpy.array([len(encoding) for encoding in encodings])

        def results():
            for batch in batches(lengths):
                ids = numpy.zeros((len(batch), lengths[batch[0]]), dtype=numpy.int64)
                mask = numpy.zeros_like(ids)
                for row, number in enumerate(batch):
                    ids[row, : lengths[number]] = encodings[number].ids
                    mask[row, : lengths[number]] = 1
                yield batch, lengths[batch], self.states(ids, mask)

        return encodings, results()

    def vectors(self, texts):
        """Means of the states of every text."""
        means = numpy.empty((len(texts), self.size), dtype=numpy.float32)
        for batch, lengths, states in self.computed(texts)[1]:
            for number, length, each in zip(batch, lengths, states):
                each[:length].mean(axis=0, out=means[number])
        return means

    def token_vectors(self, texts, spans):
        """The states of the first pieces of spans of every text, one text's after another's."""
        found = [None] * len(texts)
        encodings, results = self.computed(texts)
        for batch, _, states in results:
            for number, each in zip(batch, states):
                found[number] = each[first_pieces(encodings[number].offsets, spans[number])]
        return numpy.concatenate(found) if found else numpy.empty((0, self.size), dtype=numpy.float32)


def first_pieces(offsets, spans):
    """The place of the piece in which each span begins, or the next; special pieces stand at both ends."""
    ends = numpy.array([end for _, end in offsets[1:-1]])
    places = numpy.searchsorted(ends, [begin for begin, _ in spans], side="right")
    return numpy.minimum(places, len(ends) - 1) + 1


class Torch(Batched):
    def __init__(self, words, home, threads):
        import torch
        from transformers import AutoModel

        super().__init__(home)
        torch.set_num_threads(threads)
        dtype = torch.bfloat16 if "bf16" in words else torch.float32
        self.model = AutoModel.from_pretrained(home.peers, add_pooling_layer=False, attn_implementation="sdpa", dtype=dtype).eval()
        self.torch = torch

    def states(self, ids, mask):
        with self.torch.inference_mode():
            ids, mask = self.torch.from_numpy(ids), self.torch.from_numpy(mask)
            return self.model(input_ids=ids, attention_mask=mask).last_hidden_state.float().numpy()


class OnnxRuntime(Batched):
    def __init__(self, words, home, threads):
        super().__init__(home)
        form = words[1] if len(words) > 1 else "f32"
        self.session = onnx_session(home.onnx_file(form), threads)

    def states(self, ids, mask):
        return self.session.run(None, {"input_ids": ids, "attention_mask": mask})[0]


class SentenceTransformers:
    """Its own `encode`, which sorts by length itself; for tokens it has no places, so texts are cut a second time."""

    def __init__(self, words, home, threads):
        import torch
        from sentence_transformers import SentenceTransformer, models

        torch.set_num_threads(threads)
        transformer = models.Transformer(str(home.peers), max_seq_length=MOST, model_args={"add_pooling_layer": False})
        pooling = models.Pooling(transformer.get_word_embedding_dimension(), "mean")
        self.model = SentenceTransformer(modules=[transformer, pooling], device="cpu")
        self.tokenizer = transformer.tokenizer

    def vectors(self, texts):
        return self.model.encode(texts, show_progress_bar=False)

    def token_vectors(self, texts, spans):
        states = self.model.encode(texts, output_value="token_embeddings", convert_to_numpy=False, show_progress_bar=False)
        cut = self.tokenizer(texts, truncation=True, max_length=MOST, return_offsets_mapping=True)["offset_mapping"]
        return numpy.concatenate([each[first_pieces(*two)].numpy() for each, *two in zip(states, cut, spans)])


PROGRAMS = {"torch": Torch, "onnxruntime": OnnxRuntime, "sentence-transformers": SentenceTransformers}


def column(vectors):
    flat = pa.array(numpy.ascontiguousarray(vectors, dtype=numpy.float32).reshape(-1))
    return pa.FixedSizeListArray.from_arrays(flat, vectors.shape[1])


def documents(program, ids, texts):
    return {"id": ids, "text": pa.array(texts), "embedding": column(program.vectors(texts))}


def repeated(values, rows):
    """The values of the rows' numbers, each text stored once."""
    return pa.DictionaryArray.from_arrays(pa.array(rows, pa.int32()), values)


def sentences(program, ids, texts):
    spans = [(row, number, *found.span()) for row, text in enumerate(texts) for number, found in enumerate(SENTENCE.finditer(text))]
    parts = [texts[row][begin:end] for row, _, begin, end in spans]
    rows, numbers, begins, ends = (list(each) for each in zip(*spans))
    return {"id": ids.take(pa.array(rows)), "text": repeated(pa.array(texts), rows), "sentence": pa.array(numbers, pa.int32()),
            "sentence_text": pa.array(parts), "begin": pa.array(begins, pa.int32()), "end": pa.array(ends, pa.int32()),
            "embedding": column(program.vectors(parts))}


def tokens(program, ids, texts):
    parts, spans, whole = [], [], []
    for row, text in enumerate(texts):
        for number, sentence in enumerate(SENTENCE.finditer(text)):
            found = [token.span() for token in TOKEN.finditer(sentence[0])]
            if found:
                parts.append(sentence[0])
                spans.append(found)
                whole += [(row, number, sentence[0][b:e], sentence.start() + b, sentence.start() + e) for b, e in found]
    rows, numbers, words, begins, ends = (list(each) for each in zip(*whole))
    return {"id": ids.take(pa.array(rows)), "text": repeated(pa.array(texts), rows), "sentence": pa.array(numbers, pa.int32()),
            "token": pa.array(words), "begin": pa.array(begins, pa.int32()), "end": pa.array(ends, pa.int32()),
            "embedding": column(program.token_vectors(parts, spans))}


LEVELS = {"document": documents, "sentence": sentences, "token": tokens}


def main():
    name, level, source, output, folder, threads = sys.argv[1:]
    warnings.simplefilter("ignore")
    words, writer = name.split(), None
    program = PROGRAMS[words[0]](words, speed_models.Folders(Path(folder)), int(threads))
    Path(output).mkdir(parents=True)
    for chunk in parquet.ParquetFile(source).iter_batches(CHUNK, columns=["id", "text"]):
        if not len(chunk):
            continue
        table = pa.table(LEVELS[level](program, chunk.column("id"), chunk.column("text").to_pylist()))
        if writer is None:
            # Floats neither repeat nor shrink.
            writer = parquet.ParquetWriter(os.path.join(output, "part.parquet"), table.schema, compression="none",
                                           use_dictionary=[each for each in table.column_names if each != "embedding"])
        writer.write_table(table)
    if writer:
        writer.close()


if __name__ == "__main__":
    main()
