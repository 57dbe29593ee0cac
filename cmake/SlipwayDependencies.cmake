# Everything that Slipway builds upon, as imported targets. All of it comes from Debian packages.

set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(Threads REQUIRED)
find_package(CAF 0.17.6 REQUIRED)
find_package(Boost 1.74 REQUIRED COMPONENTS filesystem)
find_package(tl-expected REQUIRED)
find_package(msgpack 4.1 REQUIRED CONFIG)
find_package(nlohmann_json 3.11 REQUIRED)
find_package(spdlog 1.10 REQUIRED)
find_package(civetweb REQUIRED CONFIG)
find_package(prometheus-cpp REQUIRED CONFIG)  # it tells no version
find_package(CLI11 REQUIRED)
find_package(tomlplusplus REQUIRED)
if(SLIPWAY_TESTS)
  find_package(GTest REQUIRED)
  include(GoogleTest)
endif()
if(SLIPWAY_BENCH)
  find_package(benchmark REQUIRED)
endif()

# The interpreter with which tests and benchmarks start workers. Debian's own has python3-msgpack; the first
# python3 on the PATH may be one of pyenv or of a virtual environment that has not.
find_program(SLIPWAY_PYTHON NAMES python3 PATHS /usr/bin NO_DEFAULT_PATH)
find_program(SLIPWAY_PYTHON NAMES python3)
