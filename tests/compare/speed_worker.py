"""A peer as a process that stays: it opens a checkpoint once and then answers orders, so that neither imports nor
loading are timed.

    python tests/compare/speed_worker.py PEER FOLDER THREADS DEVICE

DEVICE is PyTorch's name of it. Orders are lines of JSON on stdin; each is answered by one line on stdout, the first of
which says that the peer is ready:

    {"do": "shape", "sequences": 8, "pieces": 128, "seconds": 3}     {"seconds": …, "cpu": …, "tokens": …}
    {"do": "vectors", "ids": FILE, "output": FILE}                    {"vectors": …}

The first computes equal batches of ids, again and again, and reads the sums of the last layer's states. The second
computes the mean states of each list of ids by itself, and writes them as bytes of f32. `candle-worker` answers the same.
"""

import json
import os
import sys
import time
import warnings
from pathlib import Path

import speed_models

# torch is `torch ATTENTION [compile] [bf16|f16]`, onnxruntime has forms of speed_models.
PEERS = {
    "torch eager": "torch",
    "torch sdpa": "torch",
    "torch sdpa compile": "torch",
    "torch sdpa bf16": "torch",
    "torch sdpa compile bf16": "torch",
    "torch sdpa f16": "torch",
    "sentence-transformers": "sentence_transformers",
    "sentence-transformers f16": "sentence_transformers",
    "onnxruntime": "onnxruntime",
    "onnxruntime fused": "onnxruntime",
    "onnxruntime int8": "onnxruntime",
}


def number_type(words):
    import torch

    return next((kind for name, kind in (("bf16", torch.bfloat16), ("f16", torch.float16)) if name in words), torch.float32)


class Torch:
    def __init__(self, words, home, threads, device):
        import torch
        from transformers import AutoModel

        torch.set_num_threads(threads)
        # No pooler: nobody reads what it gives.
        self.model = AutoModel.from_pretrained(home.peers, add_pooling_layer=False, attn_implementation=words[1], dtype=number_type(words))
        self.model.eval().to(device)
        self.torch, self.version, self.device = torch, f"torch {torch.__version__}", device
        self.vocabulary = self.model.config.vocab_size
        if "compile" in words:
            # One graph per shape, the best it has for batches that are equal.
            self.model = torch.compile(self.model, dynamic=False)

    def states(self, ids):
        with self.torch.inference_mode():
            return self.model(input_ids=self.torch.from_numpy(ids).to(self.device)).last_hidden_state

    def sums(self, ids):
        return self.states(ids).sum(1, dtype=self.torch.float32).cpu().numpy()


class SentenceTransformers(Torch):
    """Its modules on a batch that is cut already."""

    def __init__(self, words, home, threads, device):
        import sentence_transformers
        import torch
        from sentence_transformers import SentenceTransformer, models

        torch.set_num_threads(threads)
        arguments = {"add_pooling_layer": False, "attn_implementation": "sdpa", "dtype": number_type(words)}
        transformer = models.Transformer(str(home.peers), max_seq_length=512, model_args=arguments)
        pooling = models.Pooling(transformer.get_word_embedding_dimension(), "mean")
        self.model = SentenceTransformer(modules=[transformer, pooling], device=device).eval()
        self.torch, self.version, self.device = torch, f"sentence-transformers {sentence_transformers.__version__}", device
        self.vocabulary = transformer.auto_model.config.vocab_size

    def sums(self, ids):
        with self.torch.inference_mode():
            ids = self.torch.from_numpy(ids).to(self.device)
            found = self.model({"input_ids": ids, "attention_mask": self.torch.ones_like(ids)})
            return found["sentence_embedding"].float().cpu().numpy() * ids.shape[1]


class OnnxRuntime:
    def __init__(self, words, home, threads, device):
        import onnxruntime

        form = words[1] if len(words) > 1 else "f32"
        self.session = onnx_session(home.onnx_file(form), threads)
        self.version = f"onnxruntime {onnxruntime.__version__}"
        self.vocabulary = home.config()["vocab_size"]

    def sums(self, ids):
        import numpy

        return self.session.run(None, {"input_ids": ids, "attention_mask": numpy.ones_like(ids)})[0].sum(1)


def onnx_session(file, threads):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    return onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])


MAKERS = {"torch": Torch, "sentence_transformers": SentenceTransformers, "onnxruntime": OnnxRuntime}


def shape(peer, order):
    import numpy

    sequences, pieces = order["sequences"], order["pieces"]
    ids = numpy.arange(sequences * pieces, dtype=numpy.int64) * 7919 % (peer.vocabulary - 5) + 5  # None is padding.
    ids = ids.reshape(sequences, pieces)
    peer.sums(ids)
    begin, cpu, tokens = time.perf_counter(), time.process_time(), 0
    while time.perf_counter() - begin < order["seconds"]:
        peer.sums(ids)
        tokens += ids.size
    return {"seconds": time.perf_counter() - begin, "cpu": time.process_time() - cpu, "tokens": tokens}


def vectors(peer, order):
    import numpy

    texts = json.loads(Path(order["ids"]).read_text())
    means = [peer.sums(numpy.array([ids], dtype=numpy.int64))[0] / len(ids) for ids in texts]
    numpy.stack(means).astype("<f4").tofile(order["output"])
    return {"vectors": len(means)}


def main():
    name, folder, threads, device = sys.argv[1:]
    # What libraries print goes to stderr; the answers have stdout for themselves.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    warnings.simplefilter("ignore")
    peer = MAKERS[PEERS[name]](name.split(), speed_models.Folders(Path(folder)), int(threads), device)
    print(json.dumps({"ready": peer.version}), file=answers, flush=True)
    for line in sys.stdin:
        order = json.loads(line)
        try:
            answer = {"shape": shape, "vectors": vectors}[order["do"]](peer, order)
        except Exception as error:  # A peer that fails is left out, with its reason.
            answer = {"error": f"{type(error).__name__}: {error}".splitlines()[0]}
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
