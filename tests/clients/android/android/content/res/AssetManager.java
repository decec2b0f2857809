package android.content.res;

public final class AssetManager {
  public java.io.InputStream open(String path) throws java.io.IOException {
    throw new java.io.IOException(path);
  }
}
