# SPDX-License-Identifier: Apache-2.0
"""Seeded data for suites that bring no generator: the star schema benchmark and ClickBench's `hits`.

Made with SQL in DuckDB from hashes of row numbers, so the same on every machine; written as CSV for the server to load.
"""

SSB_TABLES = {
    "dates": """d_datekey INT, d_date VARCHAR(20), d_dayofweek VARCHAR(12), d_month VARCHAR(12), d_year INT, d_yearmonthnum INT,
        d_yearmonth VARCHAR(10), d_daynuminweek INT, d_daynuminmonth INT, d_daynuminyear INT, d_monthnuminyear INT,
        d_weeknuminyear INT, d_sellingseason VARCHAR(14), d_lastdayinweekfl INT, d_lastdayinmonthfl INT, d_holidayfl INT,
        d_weekdayfl INT""",
    "customer": """c_custkey INT, c_name VARCHAR(26), c_address VARCHAR(41), c_city VARCHAR(11), c_nation VARCHAR(16),
        c_region VARCHAR(13), c_phone VARCHAR(16), c_mktsegment VARCHAR(11)""",
    "supplier": """s_suppkey INT, s_name VARCHAR(26), s_address VARCHAR(26), s_city VARCHAR(11), s_nation VARCHAR(16),
        s_region VARCHAR(13), s_phone VARCHAR(16)""",
    "part": """p_partkey INT, p_name VARCHAR(23), p_mfgr VARCHAR(7), p_category VARCHAR(8), p_brand VARCHAR(10),
        p_color VARCHAR(12), p_type VARCHAR(26), p_size INT, p_container VARCHAR(11)""",
    "lineorder": """lo_orderkey BIGINT, lo_linenumber BIGINT, lo_custkey INT, lo_partkey INT, lo_suppkey INT, lo_orderdate INT,
        lo_orderpriority VARCHAR(16), lo_shippriority INT, lo_quantity BIGINT, lo_extendedprice BIGINT, lo_ordtotalprice BIGINT,
        lo_discount BIGINT, lo_revenue BIGINT, lo_supplycost BIGINT, lo_tax BIGINT, lo_commitdate BIGINT, lo_shipmode VARCHAR(11)""",
}

_REGIONS = ["AFRICA", "AMERICA", "ASIA", "EUROPE", "MIDDLE EAST"]
_NATIONS = [["ALGERIA", "ETHIOPIA", "KENYA", "MOROCCO", "MOZAMBIQUE"], ["ARGENTINA", "BRAZIL", "CANADA", "PERU", "UNITED STATES"],
            ["CHINA", "INDIA", "INDONESIA", "JAPAN", "VIETNAM"], ["FRANCE", "GERMANY", "ROMANIA", "RUSSIA", "UNITED KINGDOM"],
            ["EGYPT", "IRAN", "IRAQ", "JORDAN", "SAUDI ARABIA"]]


def _pick(values, seed):
    return f"list_value({', '.join(repr(value) for value in values)})[1 + (hash(i, {seed}) % {len(values)})::INT]"


def _between(low, high, seed):
    return f"({low} + (hash(i, {seed}) % {high - low + 1})::BIGINT)"


def _place(prefix, seed):
    """city, nation, region: the nation belongs to the region, the city to the nation."""
    nations = [nation for nations in _NATIONS for nation in nations]
    nation = _pick(nations, seed)
    regions = [region for region in _REGIONS for _ in range(5)]
    region = _pick(regions, seed)
    return (f"rpad(left({nation}, 9), 9, ' ') || (hash(i, {seed + 1}) % 10)::VARCHAR AS {prefix}_city, {nation} AS {prefix}_nation, "
            f"{region} AS {prefix}_region, lpad((hash(i, {seed + 2}) % 10000000000)::VARCHAR, 10, '0') AS {prefix}_phone")


def make_ssb(kernel, lineorders=120_000):
    """Tables of SSB in the DuckDB connection, with foreign keys that hit and the distributions that the queries select on."""
    customers, suppliers, parts = max(lineorders // 200, 300), max(lineorders // 600, 200), max(lineorders // 40, 1000)
    for table, columns in SSB_TABLES.items():
        kernel.execute(f"CREATE OR REPLACE TABLE {table} ({columns})")
    kernel.execute("""
        INSERT INTO dates SELECT strftime(d, '%Y%m%d')::INT, strftime(d, '%B %d, %Y'), dayname(d), monthname(d), year(d),
            year(d) * 100 + month(d), left(monthname(d), 3) || year(d), dayofweek(d) + 1, day(d), dayofyear(d), month(d), week(d),
            CASE WHEN month(d) = 12 THEN 'Christmas' WHEN month(d) < 4 THEN 'Winter' WHEN month(d) < 7 THEN 'Spring'
                 WHEN month(d) < 9 THEN 'Summer' ELSE 'Fall' END,
            (dayofweek(d) = 6)::INT, (d = last_day(d))::INT, (day(d) = 25 AND month(d) = 12)::INT, (dayofweek(d) BETWEEN 1 AND 5)::INT
        FROM (SELECT unnest(generate_series(DATE '1992-01-01', DATE '1998-12-31', INTERVAL 1 DAY))::DATE AS d)""")
    kernel.execute(f"""
        INSERT INTO customer SELECT i, 'Customer#' || lpad(i::VARCHAR, 9, '0'), 'address ' || hash(i, 1) % 1000, city, nation, region, phone,
            {_pick(["AUTOMOBILE", "BUILDING", "FURNITURE", "HOUSEHOLD", "MACHINERY"], 2)}
        FROM (SELECT i, {_place("c", 10)} FROM range(1, {customers + 1}) r(i)) q(i, city, nation, region, phone)""")
    kernel.execute(f"""
        INSERT INTO supplier SELECT i, 'Supplier#' || lpad(i::VARCHAR, 9, '0'), 'address ' || hash(i, 3) % 1000, city, nation, region, phone
        FROM (SELECT i, {_place("s", 20)} FROM range(1, {suppliers + 1}) r(i)) q(i, city, nation, region, phone)""")
    kernel.execute(f"""
        INSERT INTO part SELECT i, color || ' part ' || i, 'MFGR#' || m, 'MFGR#' || m || c, 'MFGR#' || m || c || b, color, kind, size, container
        FROM (SELECT i, {_between(1, 5, 30)} m, {_between(1, 5, 31)} c, {_between(1, 40, 32)} b,
              {_pick(["red", "green", "blue", "ivory", "navy", "plum", "salmon"], 33)} color,
              {_pick(["STANDARD BRASS", "SMALL STEEL", "LARGE TIN", "PROMO COPPER"], 34)} kind, {_between(1, 50, 35)} size,
              {_pick(["SM BOX", "MED BAG", "LG DRUM", "JUMBO JAR"], 36)} container FROM range(1, {parts + 1}) r(i)) q""")
    kernel.execute(f"""
        INSERT INTO lineorder SELECT i // 4 + 1, i % 4 + 1, {_between(1, customers, 40)}, {_between(1, parts, 41)}, {_between(1, suppliers, 42)},
            strftime(DATE '1992-01-01' + (hash(i // 4, 43) % 2406)::INT, '%Y%m%d')::INT,
            {_pick(["1-URGENT", "2-HIGH", "3-MEDIUM", "4-NOT SPECI", "5-LOW"], 44)}, 0, q, q * price, q * price * 4, d,
            q * price * (100 - d) // 100, price * 6 // 10, {_between(0, 8, 45)},
            strftime(DATE '1992-02-01' + (hash(i, 46) % 2406)::INT, '%Y%m%d')::INT,
            {_pick(["AIR", "FOB", "MAIL", "RAIL", "REG AIR", "SHIP", "TRUCK"], 47)}
        FROM (SELECT i, {_between(1, 50, 48)} q, {_between(90000, 200000, 49)} price, {_between(0, 10, 50)} d FROM range({lineorders}) r(i)) t""")


# name, MySQL type, expression over the row number i (made below for what is left out).
_HITS = """
WatchID BIGINT|JavaEnable SMALLINT|Title TEXT|GoodEvent SMALLINT|EventTime DATETIME|EventDate DATE|CounterID INT|ClientIP INT|
RegionID INT|UserID BIGINT|CounterClass SMALLINT|OS SMALLINT|UserAgent SMALLINT|URL TEXT|Referer TEXT|IsRefresh SMALLINT|
RefererCategoryID SMALLINT|RefererRegionID INT|URLCategoryID SMALLINT|URLRegionID INT|ResolutionWidth SMALLINT|
ResolutionHeight SMALLINT|ResolutionDepth SMALLINT|FlashMajor SMALLINT|FlashMinor SMALLINT|FlashMinor2 TEXT|NetMajor SMALLINT|
NetMinor SMALLINT|UserAgentMajor SMALLINT|UserAgentMinor VARCHAR(255)|CookieEnable SMALLINT|JavascriptEnable SMALLINT|
IsMobile SMALLINT|MobilePhone SMALLINT|MobilePhoneModel TEXT|Params TEXT|IPNetworkID INT|TraficSourceID SMALLINT|
SearchEngineID SMALLINT|SearchPhrase TEXT|AdvEngineID SMALLINT|IsArtifical SMALLINT|WindowClientWidth SMALLINT|
WindowClientHeight SMALLINT|ClientTimeZone SMALLINT|ClientEventTime DATETIME|SilverlightVersion1 SMALLINT|
SilverlightVersion2 SMALLINT|SilverlightVersion3 INT|SilverlightVersion4 SMALLINT|PageCharset TEXT|CodeVersion INT|
IsLink SMALLINT|IsDownload SMALLINT|IsNotBounce SMALLINT|FUniqID BIGINT|OriginalURL TEXT|HID INT|IsOldCounter SMALLINT|
IsEvent SMALLINT|IsParameter SMALLINT|DontCountHits SMALLINT|WithHash SMALLINT|HitColor CHAR(1)|LocalEventTime DATETIME|
Age SMALLINT|Sex SMALLINT|Income SMALLINT|Interests SMALLINT|Robotness SMALLINT|RemoteIP INT|WindowName INT|OpenerName INT|
HistoryLength SMALLINT|BrowserLanguage TEXT|BrowserCountry TEXT|SocialNetwork TEXT|SocialAction TEXT|HTTPError SMALLINT|
SendTiming INT|DNSTiming INT|ConnectTiming INT|ResponseStartTiming INT|ResponseEndTiming INT|FetchTiming INT|
SocialSourceNetworkID SMALLINT|SocialSourcePage TEXT|ParamPrice BIGINT|ParamOrderID TEXT|ParamCurrency TEXT|
ParamCurrencyID SMALLINT|OpenstatServiceName TEXT|OpenstatCampaignID TEXT|OpenstatAdID TEXT|OpenstatSourceID TEXT|
UTMSource TEXT|UTMMedium TEXT|UTMCampaign TEXT|UTMContent TEXT|UTMTerm TEXT|FromTag TEXT|HasGCLID SMALLINT|
RefererHash BIGINT|URLHash BIGINT|CLID INT
"""
HITS_COLUMNS = [tuple(column.strip().split(" ", 1)) for column in _HITS.replace("\n", "").split("|")]
HITS_DDL = ", ".join(f"{name} {kind} NOT NULL" for name, kind in HITS_COLUMNS)


def _skewed(count, seed):
    """0 to count - 1, small numbers far more often: what makes top-10 lists have winners."""
    return f"floor({count} * pow((hash(i, {seed}) % 1000003) / 1000003.0, 4))::BIGINT"


def make_hits(kernel, rows=100_000):
    """Table `hits` in the DuckDB connection: 105 columns, July 2013, skewed like web traffic, with the values the queries ask for."""
    known = {
        "WatchID": "(hash(i, 1) >> 1)::BIGINT",
        "Title": f"CASE WHEN hash(i, 60) % 12 = 0 THEN 'Google ' || {_skewed(300, 2)} ELSE 'page ' || {_skewed(5000, 2)} END",
        "EventTime": "(TIMESTAMP '2013-07-01' + to_seconds((hash(i, 3) % 2678400)::BIGINT))",
        "EventDate": "(TIMESTAMP '2013-07-01' + to_seconds((hash(i, 3) % 2678400)::BIGINT))::DATE",
        "CounterID": f"CASE WHEN hash(i, 4) % 5 = 0 THEN 62 ELSE 1 + {_skewed(6000, 5)} END",
        "ClientIP": f"({_skewed(40000, 6)} * 7919 - 100000000)::INT",
        "RegionID": f"{_skewed(3000, 7)} + 1",
        "UserID": f"CASE WHEN hash(i, 8) % 50000 = 0 THEN 435090932899640449 ELSE (hash({_skewed(20000, 8)}, 9) >> 1)::BIGINT END",
        "URL": f"""CASE WHEN hash(i, 11) % 40 = 0 THEN '' WHEN hash(i, 11) % 13 = 0 THEN 'http://www.google.com/search?q=' || {_skewed(900, 12)}
            ELSE 'http://' || list_value('example.org', 'irr.ru', 'kinopoisk.ru', 'auto.example')[1 + (hash(i, 13) % 4)::INT] || '/page/'
            || {_skewed(9000, 14)} END""",
        "Referer": f"""CASE WHEN hash(i, 15) % 4 = 0 THEN '' ELSE 'https://' || list_value('www.', '')[1 + (hash(i, 16) % 2)::INT] || 'site'
            || {_skewed(200, 17)} || '.com/from/' || {_skewed(700, 18)} END""",
        "SearchPhrase": f"CASE WHEN hash(i, 19) % 3 <> 0 THEN '' ELSE 'phrase ' || {_skewed(4000, 20)} END",
        "SearchEngineID": f"CASE WHEN hash(i, 19) % 3 <> 0 THEN 0 ELSE 1 + {_skewed(90, 21)} END",
        "MobilePhone": "CASE WHEN hash(i, 22) % 8 = 0 THEN (hash(i, 23) % 60)::INT ELSE 0 END",
        "MobilePhoneModel": f"CASE WHEN hash(i, 22) % 8 = 0 THEN 'model ' || {_skewed(150, 24)} ELSE '' END",
        "AdvEngineID": f"CASE WHEN hash(i, 25) % 20 = 0 THEN 1 + {_skewed(18, 26)} ELSE 0 END",
        "TraficSourceID": "(hash(i, 27) % 12)::INT - 2",
        "IsRefresh": "(hash(i, 28) % 6 = 0)::INT",
        "DontCountHits": "(hash(i, 29) % 7 = 0)::INT",
        "IsLink": "(hash(i, 30) % 9 = 0)::INT",
        "IsDownload": "(hash(i, 31) % 30 = 0)::INT",
        "ResolutionWidth": "list_value(1024, 1280, 1366, 1440, 1600, 1680, 1920, 320, 0)[1 + (hash(i, 32) % 9)::INT]",
        "WindowClientWidth": f"{_skewed(1900, 33)}",
        "WindowClientHeight": f"{_skewed(1000, 34)}",
        "RefererHash": f"CASE WHEN hash(i, 35) % 15 = 0 THEN 3594120000172545465 ELSE (hash({_skewed(2000, 17)}, 36) >> 1)::BIGINT END",
        "URLHash": f"CASE WHEN hash(i, 37) % 15 = 0 THEN 2868770270353813622 ELSE (hash({_skewed(2000, 14)}, 38) >> 1)::BIGINT END",
        "HitColor": "list_value('5', 'D', 'S', 'E')[1 + (hash(i, 39) % 4)::INT]",
        "UserAgentMinor": "'v' || (hash(i, 40) % 30)",
    }
    expressions = []
    for position, (name, kind) in enumerate(HITS_COLUMNS):
        if name in known:
            expression = known[name]
        elif kind == "SMALLINT":
            expression = f"(hash(i, {200 + position}) % 100)::INT"
        elif kind in ("INT", "BIGINT"):
            expression = f"(hash(i, {200 + position}) % 1000000)::BIGINT"
        elif kind == "DATETIME":
            expression = f"(TIMESTAMP '2013-07-01' + to_seconds((hash(i, {200 + position}) % 2678400)::BIGINT))"
        else:
            expression = f"CASE WHEN hash(i, {200 + position}) % 5 = 0 THEN '' ELSE '{name.lower()} ' || (hash(i, {300 + position}) % 50) END"
        expressions.append(f"{expression} AS {name}")
    kernel.execute(f"CREATE OR REPLACE TABLE hits ({HITS_DDL})")
    kernel.execute(f"INSERT INTO hits SELECT {', '.join(expressions)} FROM range({rows}) r(i)")


def write_csv(kernel, table: str, path):
    kernel.execute(f"COPY {table} TO '{path}' (FORMAT csv, HEADER false, DELIMITER ',', QUOTE '\"')")
