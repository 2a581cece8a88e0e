// Carries the precompiled GoogleTest and standard headers of the unit tests.
