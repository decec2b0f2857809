package android.app;

public class Instrumentation {
  public android.content.Context getContext() {
    throw new UnsupportedOperationException();
  }

  public android.content.Context getTargetContext() {
    throw new UnsupportedOperationException();
  }
}
