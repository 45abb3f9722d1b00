# Was die Seiten der Übersicht sagen. Zotero zeigt nichts davon.

## Alle Seiten

syncd-dashboard-skip = Zur Seite springen
syncd-dashboard-pages = Seiten
syncd-dashboard-progress = Fortschritt
syncd-dashboard-today = Heute
syncd-dashboard-reviews = Fragen
syncd-dashboard-runs = Läufe
syncd-dashboard-profiles = Profile
syncd-dashboard-exceptions = Ausnahmen
syncd-dashboard-library = Bibliothek
syncd-dashboard-follow = Einer Person folgen
syncd-dashboard-trouble = Das ging nicht
syncd-dashboard-locked = Diese Seite ist für die, denen dieses syncd gehört
syncd-dashboard-locked-how = In einem Terminal auf diesem Computer öffnet sie dieser Befehl:
syncd-dashboard-take-back = Zurücknehmen
syncd-dashboard-parts = Teile der Liste
syncd-dashboard-earlier = Zurück
syncd-dashboard-later = Weiter
syncd-dashboard-part = { $first } bis { $last } von { $total }
syncd-dashboard-of = { $number } von { $total }
syncd-dashboard-search = Suchen
syncd-dashboard-nothing-found = Es wurde nichts gefunden.
syncd-dashboard-no-papers = Es gibt noch keine Artikel. Sie kommen mit dem nächsten Lauf.
syncd-dashboard-more-papers =
    { $count ->
        [one] Ein weiterer Artikel
       *[other] { $count } weitere Artikel
    }
syncd-dashboard-more-profiles =
    { $count ->
        [one] Ein weiteres Profil
       *[other] { $count } weitere Profile
    }
syncd-dashboard-and-more = und { $count } weitere
syncd-dashboard-score = AI Score { $score }
syncd-dashboard-sync = Jetzt abgleichen
syncd-dashboard-pause = Anhalten
syncd-dashboard-resume = Fortsetzen
syncd-dashboard-try-again = Noch einmal versuchen
syncd-dashboard-not-followed = Nicht gefolgt
syncd-dashboard-open-in-zotero = In Zotero öffnen
# $month ist seine Zahl
syncd-dashboard-month =
    { $month ->
        [1] Januar
        [2] Februar
        [3] März
        [4] April
        [5] Mai
        [6] Juni
        [7] Juli
        [8] August
        [9] September
        [10] Oktober
        [11] November
       *[12] Dezember
    }
syncd-dashboard-day = { $day }. { $month } { $year }
# $field ist Zoteros Name dafür
syncd-dashboard-field =
    { $field ->
        [title] Titel
        [authors] Autoren
        [creators] Autoren
        [date] Datum
        [type] Eintrags­art
        [itemType] Eintrags­art
        [abstractNote] Zusammen­fassung
        [url] URL
        [archiveID] Archiv-ID
        [bookTitle] Buchtitel
        [proceedingsTitle] Titel des Konferenzbandes
        [publicationTitle] Publikation
        [conferenceName] Name der Konferenz
        [repository] Repositorium
        [libraryCatalog] Bibliotheks­katalog
        [language] Sprache
        [publisher] Verlag
        [place] Ort
        [volume] Band
        [issue] Ausgabe
        [pages] Seiten
        [extra] Extra
        [tags] Tags
        [collections] Sammlungen
        [links] Links
        [profile] Profil
       *[other] { $field }
    }

## Heute

syncd-dashboard-all-well =
    { $profiles ->
        [one] syncd folgt einem Profil. Alles ist in Ordnung.
       *[other] syncd folgt { $profiles } Profilen. Alles ist in Ordnung.
    }
syncd-dashboard-follows =
    { $profiles ->
        [one] syncd folgt einem Profil.
       *[other] syncd folgt { $profiles } Profilen.
    }
syncd-dashboard-no-daemon = syncd läuft nicht im Hintergrund. In einem Terminal lässt es dieser Befehl von selbst nachsehen:
syncd-dashboard-waits = Wartet auf Sie
syncd-dashboard-failed =
    { $count ->
        [one] Ein Artikel konnte nicht geschrieben werden.
       *[other] { $count } Artikel konnten nicht geschrieben werden.
    }
syncd-dashboard-troubles = Profile, die ruhen oder scheitern
syncd-dashboard-runs-lately = Läufe der letzten vier Wochen
syncd-dashboard-day-of-runs =
    { $runs ->
        [0] { $day }: kein Lauf
        [one] { $day }: ein Lauf, { $bad ->
            [0] der gut endete
           *[other] der nicht gut endete
        }
       *[other] { $day }: { $runs } Läufe, { $bad ->
            [0] alle endeten gut
           *[other] { $bad } endeten nicht gut
        }
    }
syncd-dashboard-well = Alle endeten gut
syncd-dashboard-partly = Manche nicht
syncd-dashboard-badly = Keiner endete gut
syncd-dashboard-new = Neu in den letzten sieben Tagen
syncd-dashboard-nothing-new = In den letzten sieben Tagen kam kein Artikel.

# $guard ist, was ein Profil aufhielt, $count die Zahl der Artikel, um die es geht
syncd-dashboard-guard =
    { $guard ->
        [many] Nichts wurde geschrieben. Wenn es die richtige Person ist, fügen Sie alle hinzu.
        [shrunk] Nichts davon wurde verwendet. Wenn die Seite stimmt, glauben Sie ihr.
       *[emptied] Nichts wurde geschrieben. Wenn es die richtige Bibliothek ist, können ihre Artikel zurückkommen.
    }
syncd-dashboard-push-past =
    { $guard ->
        [many]
            { $count ->
                [one] Den Artikel hinzufügen
               *[other] Alle { $count } Artikel hinzufügen
            }
        [shrunk] Der Seite glauben
       *[emptied] Zurückholen
    }
syncd-dashboard-pushed =
    { $count ->
        [0] syncd ging weiter und hatte nichts hinzuzufügen.
        [one] syncd ging weiter und fügte einen Artikel hinzu.
       *[other] syncd ging weiter und fügte { $count } Artikel hinzu.
    }
syncd-dashboard-collection-in-trash = Nehmen Sie sie aus Zoteros Papierkorb, und syncd macht von selbst weiter. Oder es geht in einer neuen weiter; was schon da ist, bleibt, wo es ist.
syncd-dashboard-collection-gone = syncd kann in einer neuen weitermachen. Was schon da ist, bleibt, wo es ist.
syncd-dashboard-start-anew = Neue Sammlung beginnen

## Fragen

syncd-dashboard-is-it-theirs = Ist dieser Artikel aus der Zeit, die von dieser Person gewünscht ist?
syncd-dashboard-candidates = Einträge, die es sein könnten
syncd-dashboard-compared = Beide Angaben, markiert, wo sie sich unterscheiden
syncd-dashboard-property = Eigenschaft
syncd-dashboard-same = Derselbe: zusammenführen
syncd-dashboard-different = Ein anderer: neu hinzufügen
syncd-dashboard-same-theirs = Ja: hinzufügen
syncd-dashboard-different-theirs = Nein: weglassen
syncd-dashboard-later-verdict = Später entscheiden
syncd-dashboard-previous = Vorige
syncd-dashboard-next = Nächste
syncd-dashboard-decided = Entschieden: Der nächste Lauf tut es
syncd-dashboard-judged =
    { $verdict ->
        [same] „{ $title }“ ist derselbe. Der nächste Lauf tut, was Sie entschieden haben.
        [different] „{ $title }“ ist ein anderer. Der nächste Lauf tut, was Sie entschieden haben.
       *[later] „{ $title }“ bleibt für später.
    }
syncd-dashboard-taken-back = „{ $title }“ wartet wieder auf Ihre Entscheidung.

## Läufe

syncd-dashboard-libraries = Bibliotheken
syncd-dashboard-when = Wann
syncd-dashboard-what = Was
syncd-dashboard-who = Profile
syncd-dashboard-outcome = Ergebnis
syncd-dashboard-kind =
    { $kind ->
        [push] Abgleich
        [undo] Rückgängig
        [reject] Ablehnung
       *[other] { $kind }
    }
syncd-dashboard-count =
    { $kind ->
        [create] { $count } neu
        [adopt] { $count } einsortiert, die Sie hatten
        [update] { $count } aktualisiert
        [review] { $count } zu entscheiden
        [failed] { $count } gescheitert
        [reject] { $count } abgelehnt
        [trash] { $count } in den Papierkorb
       *[revert] { $count } wie zuvor
    }
syncd-dashboard-did =
    { $kind ->
        [create] Hinzugefügt
        [adopt] Einsortiert
        [update] Aktualisiert
        [reject] Abgelehnt
        [trash] In den Papierkorb gelegt
       *[revert] Wiederhergestellt
    }
syncd-dashboard-unfinished = Nicht fertig
syncd-dashboard-unfinished-why =
    { $kind ->
        [undo] Der Lauf ist noch bei der Arbeit, oder etwas hat ihn vorzeitig beendet. Was er wiederhergestellt hat, bleibt so. Der Rest lässt sich jetzt rückgängig machen; nichts geschieht zweimal.
       *[other] Der Lauf ist noch bei der Arbeit, oder etwas hat ihn vorzeitig beendet. Der nächste Lauf findet heraus, was geschrieben wurde, und macht dort weiter.
    }
syncd-dashboard-undo-rest = Den Rest rückgängig machen…
syncd-dashboard-run = Lauf
syncd-dashboard-run-of = Lauf vom { $time }
syncd-dashboard-run-did-nothing = Dieser Lauf änderte keinen Artikel.
syncd-dashboard-undo = Diesen Lauf rückgängig machen…
syncd-dashboard-undo-of = Den Lauf vom { $time } rückgängig machen?
syncd-dashboard-undoes = Der Lauf, den dieser rückgängig machte
syncd-dashboard-is-undone = Dieser Lauf wurde rückgängig gemacht
syncd-dashboard-what-changes = Was sich ändert
syncd-dashboard-will =
    { $kind ->
        [trash] In den Papierkorb
       *[revert] Wie vorher
    }
syncd-dashboard-left-alone = Was bleibt, wie es ist

## Profile

syncd-dashboard-search-profiles = Name eines Profils oder einer Person
syncd-dashboard-search-papers = Titel oder Autor
syncd-dashboard-sorted = Sortiert nach
syncd-dashboard-sort =
    { $by ->
        [date] Neueste zuerst
        [score] Bester AI Score zuerst
        [since] Zuletzt hinzugefügte zuerst
       *[title] Nach Titel
    }
syncd-dashboard-source = Quelle
syncd-dashboard-listed = { $papers } von { $listed } Artikeln stehen auf der Seite
syncd-dashboard-figures = Kennzahlen
syncd-dashboard-figure =
    { $figure ->
        [h_index] h-Index
        [citations] Zitationen
        [novelty] Neuheit
        [ai_score] AI Score
        [papers] Genannte Artikel
        [years] Artikel nach Jahr
        [scores] Artikel nach AI Score
        [categories] Artikel nach Kategorie
        [coauthors] Koautoren
       *[code] Artikel mit Code
    }

syncd-dashboard-forget = Diese Person vergessen
syncd-dashboard-forget-question = syncd vergisst, was es über { $profile } behält: welche Artikel das Profil nennt, seine Kennzahlen, was Sie ablehnten. Artikel bleiben, und Läufe auch.

## Ausnahmen

syncd-dashboard-exceptions-what = Artikel, die syncd nicht wie die anderen behandelt, und warum.
syncd-dashboard-causes = Gründe
syncd-dashboard-cause =
    { $cause ->
        [failed] Fehlgeschlagen
        [refused] Vom Server abgelehnt
        [waiting] Wartend
        [kept] Wie von Ihnen geändert
        [restored] Auf dem Rückweg
        [deleted] Von Ihnen gelöscht
        [undone] Im Papierkorb seit Ihrer Rücknahme oder Ablehnung
        [rejected] Nicht von dieser Person
        [paused] Angehalten
       *[skipped] Nicht einsortiert
    }
# $value ist, was eine Quelle sagt, wo Sie etwas anderes haben
syncd-dashboard-source-says = die Quelle sagt: { $value }
syncd-dashboard-restore = Wiederherstellen
syncd-dashboard-is-back = „{ $title }“ ist wieder da.
syncd-dashboard-comes-back = „{ $title }“ kommt mit dem nächsten Lauf eines Profils zurück, das den Artikel aufführt.
syncd-dashboard-no-exceptions = Es gibt keine.

## Ein Artikel

syncd-dashboard-gone = Dieser Eintrag ist nicht mehr in der Bibliothek oder liegt in ihrem Papierkorb.
syncd-dashboard-show-in-library = In der Bibliothek zeigen
syncd-dashboard-why =
    { $kind ->
        [create] Am { $day } fand syncd ihn unter den Artikeln von { $author } und fügte ihn hinzu.
       *[adopt] Am { $day } fand syncd ihn unter den Artikeln von { $author }. Sie hatten ihn, und syncd sortierte ihn ein.
    }
syncd-dashboard-why-unknown = syncd weiß nicht mehr, wie er kam.
syncd-dashboard-since = seit { $day }
syncd-dashboard-reject = Nicht von dieser Person
syncd-dashboard-reject-question = syncd bietet diesen Artikel für { $author } nicht mehr an. Ein Eintrag, den syncd hinzufügte und niemand berührte, kommt in den Papierkorb; jeder andere verlässt die Sammlung und bleibt. Der Lauf lässt sich rückgängig machen.
syncd-dashboard-rejected =
    { $fate ->
        [trashed] „{ $title }“ wurde abgelehnt und liegt im Papierkorb.
        [left] „{ $title }“ wurde abgelehnt.
       *[other] „{ $title }“ wurde abgelehnt und verließ die Sammlung.
    }
syncd-dashboard-field-by-field = Feld für Feld
syncd-dashboard-in-library = In Ihrer Bibliothek
syncd-dashboard-in-source = Aus den Quellen
syncd-dashboard-no-other = gleich
syncd-dashboard-yours = Von Ihnen: bleibt so
syncd-dashboard-history = Verlauf

## Bibliothek

syncd-dashboard-look-in-zotero = Ihre Bibliothek ist in Zotero, das sie am besten zeigt.
syncd-dashboard-collections = Sammlungen
syncd-dashboard-all-papers = Alle Artikel
syncd-dashboard-trash = Papierkorb
syncd-dashboard-search-library = Titel, Autor oder Jahr

## Folgen

syncd-dashboard-follow-how = Suchen Sie nach einem Namen, sehen Sie, wer wer ist, und folgen Sie der richtigen Person. Die gefragten Dienste erfahren den Namen. Die Adresse einer Profilseite oder eine Kennung wie openalex:A5023888391 braucht keine Suche.
syncd-dashboard-author = Name, Adresse oder Kennung
syncd-dashboard-citations = { $count } Zitationen
syncd-dashboard-latest = Neueste Artikel
syncd-dashboard-latest-of = Neueste Artikel von { $author }
syncd-dashboard-no-latest = Der Dienst nennt keine.
syncd-dashboard-is-followed = Gefolgt
syncd-dashboard-into = Bibliothek
syncd-dashboard-follow-act = Folgen
syncd-dashboard-follow-one = { $name } bei { $service } folgen
