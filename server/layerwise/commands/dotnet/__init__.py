"""dotnet and the projects of MSBuild."""
