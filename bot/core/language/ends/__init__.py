"""The grammar of ends: "until monday 08:00", "for 3 days", "for 2 runs", "for good".

    vocabulary  words: days, months, numbers, and words that are one slip away from one
    meaning     what a phrase can mean, as values
    clocks      times of day: 8am, 17h30, half past eight
    zones       time zones: gmt+1, cet, europe/london
    dates       days of the calendar: 1 december, 5.12.26, 12/05
    days        other days: tomorrow, next monday, end of the month
    spans       durations and counts of runs
    grammar     the whole phrase: its opener, its parts in any order
    moments     from what is meant to moments, at a time and in a zone
    rules       what is taken, asked and refused, as a table for the documents

Each reader is a table of small forms: a pattern without nested repetition, and what it means.
"""
