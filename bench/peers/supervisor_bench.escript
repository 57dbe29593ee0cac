#!/usr/bin/env escript
%%! -noshell
%% bench/peers/supervisor_bench.escript
%%
%% The rows of bench/supervisor_bench.cpp, measured of Erlang/OTP's supervisor and, where Elixir is
%% installed, its DynamicSupervisor. Prints a JSON object: for each row its times in seconds.
%%
%%     supervisor_bench.escript [ELIXIR_EBIN]
%%
%% SPDX-License-Identifier: Apache-2.0
-mode(compile).
-export([init/1, start_idle/0, start_told/1]).

-define(KILLS, 2000).
-define(ALL_KILLS, 20).
-define(MANY, 100000).

main(Arguments) ->
    process_flag(trap_exit, true),
    logger:set_primary_config(level, none),
    Rows = [{"one_for_one_restart/window_ms:1", one_for_one()},
            {"one_for_all_restart/children:1000", one_for_all(1000)}
            | dynamic(Arguments)],
    io:format("{~s}~n", [lists:join(",", [io_lib:format("\"otp:~s\":[~w]", [N, T]) || {N, T} <- Rows])]).

init(Argument) -> {ok, Argument}.

%% A child as OTP users write it: a gen_server. Its state is nothing, as is that of ours.
start_idle() -> gen_server:start_link(?MODULE, nothing, []).

start_told(Whom) ->
    {ok, Child} = start_idle(),
    Whom ! {started, Child},
    {ok, Child}.

spec(Id, Start) -> #{id => Id, start => Start}.

%% As many restarts as there are kills, within the shortest window that OTP has: a second.
flags(Strategy) -> #{strategy => Strategy, intensity => ?KILLS, period => 1}.

started() -> receive {started, Child} -> Child end.

one_for_one() ->
    Children = [spec(child, {?MODULE, start_told, [self()]})],
    {ok, Top} = supervisor:start_link(?MODULE, {flags(one_for_one), Children}),
    Time = seconds(fun() ->
        lists:foldl(fun(_, Child) -> exit(Child, kill), started() end, started(),
                    lists:seq(1, ?KILLS))
    end),
    stop(Top),
    Time / ?KILLS.

one_for_all(Count) ->
    Children = [spec(first, {?MODULE, start_told, [self()]})]
        ++ [spec(N, {?MODULE, start_idle, []}) || N <- lists:seq(2, Count - 1)]
        ++ [spec(last, {?MODULE, start_told, [self()]})],
    {ok, Top} = supervisor:start_link(?MODULE, {flags(one_for_all), Children}),
    Time = seconds(fun() ->
        lists:foldl(fun(_, First) -> exit(First, kill), Next = started(), started(), Next end,
                    begin Begun = started(), started(), Begun end, lists:seq(1, ?ALL_KILLS))
    end),
    stop(Top),
    Time / ?ALL_KILLS.

dynamic([]) -> [];
dynamic([Ebin]) ->
    true = code:add_path(Ebin),
    {ok, _} = application:ensure_all_started(elixir),
    {ok, Top} = 'Elixir.DynamicSupervisor':start_link([{strategy, one_for_one}]),
    Spec = spec(child, {?MODULE, start_idle, []}),
    Time = seconds(fun() ->
        [{ok, _} = 'Elixir.DynamicSupervisor':start_child(Top, Spec) || _ <- lists:seq(1, ?MANY)]
    end),
    %% Not stopped: that takes OTP most of a minute, and this program ends now.
    [{"dynamic_start_child/children:100000", Time / ?MANY}].

seconds(Work) ->
    {Microseconds, _} = timer:tc(Work),
    Microseconds / 1.0e6.

stop(Top) ->
    unlink(Top),
    Watch = monitor(process, Top),
    exit(Top, shutdown),
    receive {'DOWN', Watch, process, Top, _} -> ok end.
