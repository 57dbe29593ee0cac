# bench/peers/pool_bench.exs
#
# The rows of bench/pool_bench.cpp that have clients, measured of NimblePool itself. Prints a JSON object:
# for each row its time in seconds.
#
#     elixir pool_bench.exs FOLDER        FOLDER: NimblePool's sources, as its repository has them
#
# SPDX-License-Identifier: Apache-2.0
[folder] = System.argv()
# Its documentation is its README.md, which it looks for in the working directory.
File.cd!(folder, fn -> Code.compile_file("lib/nimble_pool.ex") end)

# NimblePool's callbacks, each doing the least that it may.
defmodule IdleWorker do
  @behaviour NimblePool
  @impl true
  def init_worker(pool), do: {:ok, :idle, pool}
  @impl true
  def handle_checkout(_command, _from, worker, pool), do: {:ok, worker, worker, pool}
  @impl true
  def handle_checkin(_client, _from, worker, pool), do: {:ok, worker, pool}
end

defmodule PoolBench do
  @checkouts 100_000

  def row(workers, clients) do
    {:ok, pool} = NimblePool.start_link(worker: {IdleWorker, nil}, pool_size: workers)
    each = div(@checkouts, clients)
    run(pool, clients, div(each, 10))
    {microseconds, _} = :timer.tc(fn -> run(pool, clients, each) end)
    NimblePool.stop(pool)
    time = microseconds / 1.0e6 / (each * clients)
    "\"nimble_pool:checkout_checkin/workers:#{workers}/threads:#{clients}\":[#{time}]"
  end

  defp run(pool, clients, each) do
    1..clients
    |> Enum.map(fn _ -> Task.async(fn -> loop(pool, each) end) end)
    |> Task.await_many(:infinity)
  end

  defp loop(_pool, 0), do: :ok

  defp loop(pool, left) do
    NimblePool.checkout!(pool, :checkout, fn _from, state -> {state, state} end)
    loop(pool, left - 1)
  end
end

rows = for workers <- [4, 1000], clients <- [1, 8, 64], do: PoolBench.row(workers, clients)
IO.puts("{" <> Enum.join(rows, ",") <> "}")
