"""Maven, Gradle, sbt."""
