package scala;

/** The fields of Scala's pair, as they are serialised. */
public class Tuple2<A, B> implements java.io.Serializable {
    public final A _1;
    public final B _2;

    public Tuple2(A first, B second) {
        _1 = first;
        _2 = second;
    }
}
