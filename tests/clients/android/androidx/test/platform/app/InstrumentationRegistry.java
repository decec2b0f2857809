// As much of androidx.test, which Maven Central does not have, as a deployed folder's test compiles by.
package androidx.test.platform.app;

public final class InstrumentationRegistry {
  public static android.app.Instrumentation getInstrumentation() {
    throw new UnsupportedOperationException();
  }
}
