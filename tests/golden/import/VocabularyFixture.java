// Writes what Spark's saveAsObjectFile writes for a Map[String, Int]: Hadoop sequence files of Java-serialised arrays
// of scala.Tuple2, ten pairs in each. The serialisation is Java's own; Tuple2 stands here for Scala's.
//
//   javac -d OUT tests/golden/import/VocabularyFixture.java tests/golden/import/Tuple2.java
//   java -cp OUT VocabularyFixture crates/annota-models/tests/it/import/fixtures/spark_nlp/vocabulary
import java.io.*;
import java.nio.charset.StandardCharsets;
import java.nio.file.*;
import java.util.*;
import scala.Tuple2;

public class VocabularyFixture {
    static final byte[] SYNC = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);

    public static void main(String[] args) throws IOException {
        List<Tuple2<String, Integer>> pairs = new ArrayList<>();
        String[] special = {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "##é", "日本", "𝔘"};
        for (int i = 0; i < 23; i++) pairs.add(new Tuple2<>(i < special.length ? special[i] : "piece" + i, i));
        Collections.shuffle(pairs, new Random(3));
        Path folder = Files.createDirectories(Path.of(args[0]));
        write(folder.resolve("part-00000"), pairs.subList(0, 12));
        write(folder.resolve("part-00001"), pairs.subList(12, 23));
        Files.write(folder.resolve("_SUCCESS"), new byte[0]);
    }

    static void write(Path path, List<Tuple2<String, Integer>> pairs) throws IOException {
        try (DataOutputStream out = new DataOutputStream(Files.newOutputStream(path))) {
            out.writeBytes("SEQ");
            out.writeByte(6);
            text(out, "org.apache.hadoop.io.NullWritable");
            text(out, "org.apache.hadoop.io.BytesWritable");
            out.writeBoolean(false);
            out.writeBoolean(false);
            out.writeInt(0);
            out.write(SYNC);
            for (int from = 0; from < pairs.size(); from += 10) {
                if (from > 0) {  // Hadoop does so every 2000 bytes.
                    out.writeInt(-1);
                    out.write(SYNC);
                }
                @SuppressWarnings("unchecked")
                Tuple2<String, Integer>[] some =
                    pairs.subList(from, Math.min(from + 10, pairs.size())).toArray(new Tuple2[0]);
                ByteArrayOutputStream bytes = new ByteArrayOutputStream();
                try (ObjectOutputStream objects = new ObjectOutputStream(bytes)) {
                    objects.writeObject(some);
                }
                out.writeInt(4 + bytes.size());
                out.writeInt(0);
                out.writeInt(bytes.size());
                bytes.writeTo(out);
            }
        }
    }

    static void text(DataOutputStream out, String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        out.writeByte(bytes.length);  // a Hadoop VInt below 128
        out.write(bytes);
    }
}
